package io.duckmesh.worker;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs roles against an existing PostgreSQL, object store and Temporal. */
@Command(
    name = "server",
    description = "Runs roles against an existing PostgreSQL, object store and Temporal.",
    footer = {
      "",
      "Every option may also stand in the file (database.url) or in the environment",
      "(DUCKMESH_DATABASE_URL). Options win over environment, environment over file.",
      "",
      "Example:",
      "  duckmesh server --roles api,materializer --config duckmesh.yaml"
    })
public final class ServerCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file in YAML. Default: $DUCKMESH_CONFIG.")
  private @Nullable Path config;

  @Override
  public Integer call() throws InterruptedException {
    return Server.run(
        ServerSettings.load(
            configFile(config),
            System.getenv(),
            givenOptions(java.util.Objects.requireNonNull(spec))));
  }

  /** Adds one option for each of the settings. */
  static void addOptions(CommandSpec spec, Iterable<Setting> settings) {
    for (Setting setting : settings) {
      spec.addOption(
          OptionSpec.builder(setting.option())
              .type(String.class)
              .paramLabel("VALUE")
              .description(
                  setting.description()
                      + (setting.defaultText().isEmpty()
                          ? ""
                          : " Default: " + setting.defaultText() + "."))
              .build());
    }
  }

  /** Settings that were given as options. */
  static Map<Setting, String> givenOptions(CommandSpec spec) {
    Map<Setting, String> given = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      OptionSpec option = spec.findOption(setting.option());
      if (option != null && option.getValue() instanceof String text) {
        given.put(setting, text);
      }
    }
    return given;
  }

  static @Nullable Path configFile(@Nullable Path option) {
    String variable = System.getenv("DUCKMESH_CONFIG");
    return option != null || variable == null || variable.isBlank() ? option : Path.of(variable);
  }
}

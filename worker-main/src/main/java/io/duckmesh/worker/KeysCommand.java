package io.duckmesh.worker;

import io.duckmesh.worker.cli.ClientFile;
import io.duckmesh.worker.cli.CommandFailedException;
import io.duckmesh.worker.cli.Terminal;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** API keys, at the database itself: for whoever operates an installation. */
@Command(
    name = "keys",
    description =
        "Creates, lists and revokes API keys, directly at the database; shows that of a dev instance.",
    subcommands = {
      KeysCommand.Create.class,
      KeysCommand.ListAll.class,
      KeysCommand.Revoke.class,
      KeysCommand.Show.class
    })
public final class KeysCommand {

  /** Makes a key and prints it, once. */
  @Command(
      name = "create",
      description = "Creates a key and prints it: it is shown only here.",
      footer = {
        "",
        "Roles: ingest_writer, query_reader, table_admin, ops_admin.",
        "",
        "Example:",
        "  duckmesh keys create --roles ingest_writer --label collector-1"
      })
  static final class Create implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Option(names = "--config", paramLabel = "FILE", description = "Configuration file in YAML.")
    private @Nullable Path config;

    @Option(names = "--tenant", defaultValue = "default", description = "Default: default.")
    private String tenant = "default";

    @Option(
        names = "--roles",
        split = ",",
        required = true,
        paramLabel = "ROLE",
        description = "What the key may do, separated by commas; all for everything.")
    private List<String> roles = List.of();

    @Option(names = "--label", defaultValue = "", description = "What the key is for.")
    private String label = "";

    @Override
    public void run() {
      String key = Keys.create(database(spec, config), tenant, roles, label);
      Terminal.out().println(key);
    }
  }

  /** Lists keys without their secrets. */
  @Command(name = "list", description = "Lists the keys of a tenant, without their secrets.")
  static final class ListAll implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Option(names = "--config", paramLabel = "FILE", description = "Configuration file in YAML.")
    private @Nullable Path config;

    @Option(names = "--tenant", defaultValue = "default", description = "Default: default.")
    private String tenant = "default";

    @Override
    public void run() {
      Keys.list(database(spec, config), tenant).forEach(Terminal.out()::println);
    }
  }

  /** Ends a key. */
  @Command(name = "revoke", description = "Revokes a key; gateways may take it for seconds more.")
  static final class Revoke implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Option(names = "--config", paramLabel = "FILE", description = "Configuration file in YAML.")
    private @Nullable Path config;

    @Option(names = "--tenant", defaultValue = "default", description = "Default: default.")
    private String tenant = "default";

    @Parameters(paramLabel = "KEY_ID", description = "The key's id, as the list shows it.")
    private String keyId = "";

    @Override
    public void run() {
      Keys.revoke(database(spec, config), tenant, keyId);
      Terminal.out().println("Revoked " + keyId);
    }
  }

  /** Prints the key that a dev instance gave its client commands. */
  @Command(
      name = Show.NAME,
      description = "Prints the key of the dev instance, for other clients.",
      footer = {
        "",
        "Example:",
        "  curl -s http://127.0.0.1:8080/v1/tables \\",
        "    -H \"Authorization: Bearer $(duckmesh keys show)\""
      })
  static final class Show implements Runnable {
    static final String NAME = "show";

    @Option(
        names = "--home",
        paramLabel = "DIR",
        description =
            "Home folder of the dev instance. Default: .duckmesh in this folder or one above.")
    private @Nullable Path home;

    @Override
    public void run() {
      Optional<ClientFile> found =
          home != null ? ClientFile.read(home) : ClientFile.findFrom(Path.of(""));
      ClientFile client =
          found.orElseThrow(
              () ->
                  new CommandFailedException(
                      home != null
                          ? "No dev instance has its home in %s (no %s there)"
                              .formatted(home, ClientFile.NAME)
                          : "No dev instance has its home in this folder or above. Start one with"
                              + " `duckmesh dev`, or name its home with --home"));
      Terminal.out().println(client.key());
    }
  }

  private static ServerSettings.Database database(
      @Nullable CommandSpec spec, @Nullable Path config) {
    return ServerSettings.loadDatabase(
        ServerCommand.configFile(config),
        System.getenv(),
        ServerCommand.givenOptions(java.util.Objects.requireNonNull(spec)));
  }
}

package io.duckmesh.worker;

import io.duckmesh.worker.cli.Terminal;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** API keys, at the database itself: for whoever operates an installation. */
@Command(
    name = "keys",
    description = "Creates, lists and revokes API keys, directly at the database.",
    subcommands = {KeysCommand.Create.class, KeysCommand.ListAll.class, KeysCommand.Revoke.class})
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
        "  duckmesh keys create --tenant default --roles ingest_writer --label collector-1"
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

  private static ServerSettings.Database database(
      @Nullable CommandSpec spec, @Nullable Path config) {
    return ServerSettings.loadDatabase(
        ServerCommand.configFile(config),
        System.getenv(),
        ServerCommand.givenOptions(java.util.Objects.requireNonNull(spec)));
  }
}

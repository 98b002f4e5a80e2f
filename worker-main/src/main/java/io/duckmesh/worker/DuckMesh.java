package io.duckmesh.worker;

import static java.util.Objects.requireNonNull;

import io.duckmesh.worker.cli.CollectCommand;
import io.duckmesh.worker.cli.CommandFailedException;
import io.duckmesh.worker.cli.CompactCommand;
import io.duckmesh.worker.cli.DemoCommand;
import io.duckmesh.worker.cli.ExpireCommand;
import io.duckmesh.worker.cli.IngestCommand;
import io.duckmesh.worker.cli.LagCommand;
import io.duckmesh.worker.cli.MaintenanceCommand;
import io.duckmesh.worker.cli.PinCommand;
import io.duckmesh.worker.cli.PinsCommand;
import io.duckmesh.worker.cli.PolicyCommand;
import io.duckmesh.worker.cli.QuarantineCommand;
import io.duckmesh.worker.cli.QueriesCommand;
import io.duckmesh.worker.cli.QueryCommand;
import io.duckmesh.worker.cli.ReceiptsCommand;
import io.duckmesh.worker.cli.RestoreCommand;
import io.duckmesh.worker.cli.RunsCommand;
import io.duckmesh.worker.cli.SnapshotsCommand;
import io.duckmesh.worker.cli.TablesCommand;
import io.duckmesh.worker.cli.Terminal;
import io.duckmesh.worker.cli.UndropCommand;
import io.duckmesh.worker.cli.UnpinCommand;
import io.duckmesh.worker.cli.VerifyCommand;
import io.duckmesh.worker.dev.DevCommand;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Locale;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;

/** The one program. */
@Command(
    name = "duckmesh",
    description = "Durable events in, exactly-once tables, SQL at the snapshot you ask for.",
    versionProvider = DuckMesh.Version.class,
    subcommands = {
      DevCommand.class,
      ServerCommand.class,
      KeysCommand.class,
      DemoCommand.class,
      TablesCommand.class,
      IngestCommand.class,
      QueryCommand.class,
      QueriesCommand.class,
      ReceiptsCommand.class,
      QuarantineCommand.class,
      LagCommand.class,
      VerifyCommand.class,
      SnapshotsCommand.class,
      PinsCommand.class,
      PinCommand.class,
      UnpinCommand.class,
      RestoreCommand.class,
      UndropCommand.class,
      PolicyCommand.class,
      MaintenanceCommand.class,
      CompactCommand.class,
      ExpireCommand.class,
      CollectCommand.class,
      RunsCommand.class,
      HelpCommand.class,
      GenerateCompletion.class
    },
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "To begin: `duckmesh dev` in one terminal, `duckmesh demo` in another.",
      "`duckmesh help COMMAND` tells more."
    })
public final class DuckMesh {
  /** What a program ends with whose reader is gone: 128 and the number of SIGPIPE. */
  private static final int BROKEN_PIPE = 141;

  private DuckMesh() {}

  public static void main(String[] arguments) {
    Locale.setDefault(Locale.ROOT);
    int exit = commandLine().execute(arguments);
    System.exit(Terminal.finish() ? exit : BROKEN_PIPE);
  }

  /** All commands, as {@link #main} runs them. */
  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new DuckMesh());
    ServerCommand.addOptions(
        subcommand(commandLine, "server").getCommandSpec(), EnumSet.allOf(Setting.class));
    for (CommandLine keys : subcommand(commandLine, "keys").getSubcommands().values()) {
      if (!keys.getCommandName().equals(KeysCommand.Show.NAME)) {
        ServerCommand.addOptions(
            keys.getCommandSpec(),
            EnumSet.of(Setting.DATABASE_URL, Setting.DATABASE_USER, Setting.DATABASE_PASSWORD));
      }
    }
    addHelp(commandLine);
    return commandLine
        .setExecutionExceptionHandler(DuckMesh::explain)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(Terminal.outIsTerminal())
        .setOut(writer(Terminal.out()))
        .setErr(writer(Terminal.err()))
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(Terminal.outIsTerminal() ? Ansi.AUTO : Ansi.OFF));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }

  private static CommandLine subcommand(CommandLine commandLine, String name) {
    return requireNonNull(commandLine.getSubcommands().get(name), name);
  }

  /** Gives every command {@code --help} and {@code --version} without a mixin in each of them. */
  private static void addHelp(CommandLine commandLine) {
    if (!commandLine.getCommandSpec().mixinStandardHelpOptions()) {
      commandLine.getCommandSpec().mixinStandardHelpOptions(true);
    }
    commandLine.getSubcommands().values().forEach(DuckMesh::addHelp);
  }

  private static int explain(
      Exception failure, CommandLine command, CommandLine.ParseResult arguments) throws Exception {
    Terminal.out().flush();
    if (failure instanceof IOException broken && Terminal.isBrokenPipe(broken)) {
      // Whoever reads the answer has seen enough, as with `| head`.
      return BROKEN_PIPE;
    }
    switch (failure) {
      case SettingsException e -> Terminal.err().println("duckmesh: " + e.getMessage());
      case CommandFailedException e -> Terminal.err().println("duckmesh: " + e.getMessage());
      case IOException e -> Terminal.err().println("duckmesh: " + Terminal.describe(e));
      default -> throw failure;
    }
    return failure instanceof SettingsException
        ? CommandLine.ExitCode.USAGE
        : CommandLine.ExitCode.SOFTWARE;
  }

  /** Version of the jar that the program runs from. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = DuckMesh.class.getPackage().getImplementationVersion();
      return new String[] {
        "duckmesh " + (version == null ? "(development build)" : version),
        "JDK " + Runtime.version() + ", " + System.getProperty("os.name")
      };
    }
  }
}

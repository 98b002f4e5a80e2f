package io.duckmesh.bench.faults;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code bench/faults}: exit code 0 only if no promise was broken. */
@Command(
    name = "faults",
    mixinStandardHelpOptions = true,
    description = {
      "Runs PostgreSQL, Temporal, an S3 server, two gateways, two materializers and two compactors,",
      "breaks them again and again under load, and checks what was promised. Exit code 1 means that it did not hold."
    })
final class Faults implements Callable<Integer> {
  @Option(names = "--project", defaultValue = ".", description = "Folder of the project.")
  private Path project = Path.of(".");

  @Option(
      names = "--seconds",
      defaultValue = "600",
      description = "How long faults are injected (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(names = "--seed", description = "Repeats a run's choices. Default: a new one.")
  private @Nullable Long seed;

  @Option(
      names = "--faults",
      split = ",",
      description = "Which faults to choose from: ${COMPLETION-CANDIDATES}. Default: all.")
  private List<FaultKind> kinds = List.of(FaultKind.values());

  @Option(
      names = "--mutant",
      description =
          "Breaks the program on purpose, to see that it is noticed: ${COMPLETION-CANDIDATES}.")
  private @Nullable Mutant mutant;

  @Option(
      names = "--scenario",
      description = "One particular fault instead of random ones: ${COMPLETION-CANDIDATES}.")
  private @Nullable Scenario scenario;

  @Option(
      names = "--without-upkeep",
      description = "No compactors, and no expiry, collection, restores, drops and pins.")
  private boolean withoutUpkeep;

  @Option(
      names = "--folder",
      description = "Where logs and history are kept. Default: a new temporary folder.")
  private @Nullable Path folder;

  private Faults() {}

  @Override
  public Integer call() throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    RunOptions options =
        new RunOptions(
            project.toAbsolutePath().normalize(),
            folder == null
                ? Files.createTempDirectory("duckmesh-faults-")
                : folder.toAbsolutePath(),
            seconds,
            seed == null ? System.nanoTime() % 1_000_000_000 : seed,
            kinds,
            mutant,
            scenario,
            !withoutUpkeep);
    Report report = new Harness(options, out).run();
    report.print(out);
    return report.violations().isEmpty() ? 0 : 1;
  }

  public static void main(String[] arguments) {
    CommandLine command = new CommandLine(new Faults());
    command.registerConverter(FaultKind.class, FaultKind::named);
    command.registerConverter(Mutant.class, Mutant::named);
    command.registerConverter(Scenario.class, Scenario::named);
    System.exit(command.execute(arguments));
  }
}

package io.duckmesh.bench;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures what merging files costs those who write and read meanwhile, and what it gives them. */
@Command(
    name = "bench/run upkeep",
    mixinStandardHelpOptions = true,
    description = {
      "Single events all the time, with a reader that waits for them, so that files are tiny: first",
      "into a table whose files are not merged, then into one whose files are."
    })
final class Upkeep implements Callable<Integer> {
  @Option(
      names = "--project",
      defaultValue = ".",
      description = "Folder of the project, which has the launcher.")
  private Path project = Path.of(".");

  @Option(
      names = "--minutes",
      defaultValue = "10",
      description = "How long all of it is measured, half of it each (default: ${DEFAULT-VALUE}).")
  private double minutes;

  @Option(
      names = "--warm-up",
      defaultValue = "30",
      description = "Seconds of the same load before (default: ${DEFAULT-VALUE}).")
  private double warmUp;

  private Upkeep() {}

  @Override
  public Integer call() throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.printf(
        "# DuckMesh upkeep: %d cores, %.1f minutes%n",
        Runtime.getRuntime().availableProcessors(), minutes);
    try (QueryStage stage =
        QueryStage.open(
            project.toAbsolutePath().normalize(), "api,materializer,compactor,collector")) {
      return new UpkeepBenchmark(stage, warmUp, minutes * 60, out).run() ? 0 : 1;
    }
  }

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Upkeep()).execute(arguments));
  }
}

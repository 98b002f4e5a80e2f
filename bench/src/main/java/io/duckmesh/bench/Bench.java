package io.duckmesh.bench;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints the benchmark tables of {@code bench/README.md}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures ingest, visibility and queries beside bare PostgreSQL and bare DuckDB.")
final class Bench implements Callable<Integer> {
  @Option(
      names = "--project",
      defaultValue = ".",
      description = "Folder of the project, which has the launcher.")
  private Path project = Path.of(".");

  @Option(
      names = "--seconds",
      defaultValue = "4",
      description = "How long each line is measured (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "15",
      description =
          "Seconds of the same load before each part is measured (default: ${DEFAULT-VALUE}).")
  private double warmUp;

  @Option(
      names = "--only",
      split = ",",
      defaultValue = "ingest,visible,query,answers",
      description = "Which parts run: ${DEFAULT-VALUE}.")
  private List<String> only = List.of();

  @Option(
      names = "--batch",
      split = ",",
      defaultValue = "1,100,1000,10000",
      description = "Rows of an ingest request: ${DEFAULT-VALUE}.")
  private List<Integer> batches = List.of();

  @Option(
      names = "--connections",
      split = ",",
      defaultValue = "8,64",
      description = "Connections that send: ${DEFAULT-VALUE}.")
  private List<Integer> connections = List.of();

  @Option(
      names = "--rows",
      defaultValue = "10000000",
      description = "Rows of the large answers (default: ${DEFAULT-VALUE}).")
  private long rows;

  private Bench() {}

  @Override
  public Integer call() throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.printf(
        "# DuckMesh benchmark: %d cores, %d MiB heap for the load, %.0f s a line%n",
        Runtime.getRuntime().availableProcessors(),
        Runtime.getRuntime().maxMemory() >> 20,
        seconds);
    try (Server server = Server.start(project.toAbsolutePath().normalize())) {
      if (only.contains("visible")) {
        new VisibilityBenchmark(server, warmUp, seconds, out).run();
      }
      if (only.contains("query")) {
        new QueryBenchmark(server, warmUp, seconds, out).run();
      }
      if (only.contains("answers")) {
        new AnswerBenchmark(server, rows, out).run();
      }
      if (only.contains("ingest")) {
        try (BarePostgres postgres = new BarePostgres()) {
          new IngestBenchmark(server, postgres, batches, connections, warmUp, seconds, out).run();
        }
      }
      out.println();
      out.println("## Memory at the end (anonymous resident memory by process)");
      out.println();
      server.memory().forEach(line -> out.println("    " + line));
    }
    return 0;
  }

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Bench()).execute(arguments));
  }
}

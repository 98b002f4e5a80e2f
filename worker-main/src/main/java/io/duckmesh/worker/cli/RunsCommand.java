package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** What jobs did and do. */
@Command(
    name = "runs",
    description =
        "Lists runs of compact, expire and collect, the one that began last first; or"
            + " shows one.",
    footer = {
      "",
      "Examples:",
      "  duckmesh runs --job compact --table trips",
      "  duckmesh runs 019dc1f4-… --cancel"
    })
public final class RunsCommand implements Callable<Integer> {
  private static final String PATH = "/v1/maintenance/runs";

  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Parameters(paramLabel = "RUN", arity = "0..1", description = "Shows this run.")
  private @Nullable String runId;

  @Option(names = "--job", paramLabel = "JOB", description = "compact, expire or collect.")
  private @Nullable String job;

  @Option(names = "--table", paramLabel = "TABLE", description = "Only runs of this table.")
  private @Nullable String table;

  @Option(
      names = "--outcome",
      paramLabel = "OUTCOME",
      description = "running, succeeded, failed or abandoned.")
  private @Nullable String outcome;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "How many at most. Default: ${DEFAULT-VALUE}.",
      defaultValue = "20")
  private int limit;

  @Option(
      names = "--before",
      paramLabel = "NUMBER",
      description = "The next page, as the one before names it.")
  private @Nullable String before;

  @Option(names = "--cancel", description = "Asks the run to stop; what it has done stays.")
  private boolean cancel;

  @Option(names = "--wait", description = "Waits until the run has ended.")
  private boolean waitFinished;

  @Option(names = "--json", description = "The gateway's whole answer.")
  private boolean json;

  @Override
  public Integer call() {
    Gateway gateway = gatewayOptions.gateway();
    String run = runId;
    if (run != null) {
      return show(gateway, run);
    }
    if (cancel || waitFinished) {
      throw new CommandFailedException("Name the run, as in: duckmesh runs RUN --wait");
    }
    List<String> parameters = new ArrayList<>(List.of("limit=" + limit));
    add(parameters, "job", job);
    add(parameters, "table", table);
    add(parameters, "outcome", outcome);
    add(parameters, "before", before);
    JsonNode answer =
        gateway.get(PATH + "?" + String.join("&", parameters), MaintenanceRuns.TIMEOUT);
    if (json) {
      Terminal.out().println(answer.toPrettyString());
      return 0;
    }
    if (answer.path("runs").isEmpty()) {
      Terminal.err().println("There are no runs that fit.");
      return 0;
    }
    TextTable list =
        TextTable.of(
            "run_id",
            "job",
            "table",
            "outcome",
            "started_at",
            "#ms",
            "#files_in",
            "#files_out",
            "reason");
    for (JsonNode each : answer.path("runs")) {
      list.add(
          text(each, "run_id"),
          text(each, "job"),
          text(each, "table"),
          text(each, "outcome"),
          text(each, "started_at"),
          text(each, "duration_ms"),
          text(each.path("counts"), "files_in"),
          text(each.path("counts"), "files_out"),
          text(each, "reason"));
    }
    list.print(Terminal.out());
    if (!text(answer, "before").isEmpty()) {
      Terminal.err().println("Older ones: --before " + text(answer, "before"));
    }
    return 0;
  }

  private int show(Gateway gateway, String run) {
    JsonNode answer =
        cancel
            ? gateway.delete(PATH + "/" + Gateway.encode(run), MaintenanceRuns.TIMEOUT)
            : MaintenanceRuns.find(gateway, run);
    if (waitFinished) {
      answer = MaintenanceRuns.await(gateway, run);
    }
    if (json) {
      Terminal.out().println(answer.toPrettyString());
    } else {
      MaintenanceRuns.print(answer);
    }
    return waitFinished && !text(answer, "outcome").equals("succeeded") ? 1 : 0;
  }

  private static void add(List<String> parameters, String name, @Nullable String value) {
    if (value != null) {
      parameters.add(name + "=" + Gateway.encode(value));
    }
  }
}

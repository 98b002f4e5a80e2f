package io.duckmesh.worker.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Compares what there is with what the catalog says. */
@Command(
    name = "verify",
    description =
        "Checks that no event is lost and no file is missing or changed. Exits with 1 if"
            + " there are findings.",
    footer = {"", "Examples:", "  duckmesh verify --wait", "  duckmesh verify --run 0199c1f4-…"})
public final class VerifyCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Option(names = "--wait", description = "Waits until the run has finished.")
  private boolean waitFinished;

  @Option(
      names = "--run",
      paramLabel = "RUN",
      description = "Shows this run instead of starting one.")
  private @Nullable String runId;

  @Option(names = "--json", description = "The gateway's whole answer.")
  private boolean json;

  @Override
  public Integer call() {
    Gateway gateway = gatewayOptions.gateway();
    String run = runId;
    if (run == null) {
      run =
          gateway
              .post("/v1/verify", Gateway.JSON.createObjectNode(), TIMEOUT)
              .path("run_id")
              .asString("");
      if (!waitFinished) {
        Terminal.out().println("Started verify run " + run);
        return 0;
      }
      Terminal.err().println("Verify run " + run + " is running");
    }
    JsonNode answer = waitFinished ? await(gateway, run) : look(gateway, run);
    if (json) {
      Terminal.out().println(answer.toPrettyString());
    } else {
      print(answer);
    }
    return switch (answer.path("state").asString("")) {
      case "passed", "running" -> answer.path("finding_count").asLong(0) == 0 ? 0 : 1;
      default -> 1;
    };
  }

  private static JsonNode look(Gateway gateway, String run) {
    return gateway.get("/v1/verify/" + Gateway.encode(run), TIMEOUT);
  }

  private static JsonNode await(Gateway gateway, String run) {
    return RunWait.untilEnded("verify run " + run, () -> look(gateway, run), "state");
  }

  private static void print(JsonNode answer) {
    Terminal.out()
        .printf(
            "Verify run %s %s: %d shards, %d files, %d bytes at snapshot %d, %d findings%n",
            answer.path("run_id").asString(""),
            answer.path("state").asString(""),
            answer.path("shards").asLong(),
            answer.path("files").asLong(),
            answer.path("bytes").asLong(),
            answer.path("snapshot_id").asLong(),
            answer.path("finding_count").asLong());
    if (answer.path("findings").isEmpty()) {
      return;
    }
    Terminal.out().println();
    TextTable findings = TextTable.of("kind", "subject", "detail");
    for (JsonNode finding : answer.path("findings")) {
      findings.add(
          finding.path("kind").asString(""),
          finding.path("subject").asString(""),
          finding.path("detail").asString(""));
    }
    findings.print(Terminal.out());
  }
}

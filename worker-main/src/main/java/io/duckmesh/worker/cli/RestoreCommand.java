package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Gives a table the rows of an earlier snapshot. */
@Command(
    name = "restore",
    description = "Gives a table the rows of an earlier snapshot, at once, as a new snapshot.",
    footer = {
      "",
      "Examples:",
      "  duckmesh restore trips --as-of 2026-11-24T10:00:00Z --dry-run",
      "  duckmesh restore trips --snapshot 4711"
    })
public final class RestoreCommand implements Callable<Integer> {
  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Parameters(paramLabel = "TABLE", description = "The table.")
  private String table = "";

  @Option(
      names = "--snapshot",
      paramLabel = "SNAPSHOT",
      description = "The snapshot to go back to.")
  private @Nullable Long snapshot;

  @Option(
      names = "--as-of",
      paramLabel = "TIME",
      description = "Back to the newest snapshot then, for example 2026-11-24T10:00:00Z.")
  private @Nullable String asOf;

  @Option(names = "--dry-run", description = "Shows what it would do.")
  private boolean dryRun;

  @Option(names = "--json", description = "The gateway's whole answer.")
  private boolean json;

  @Override
  public Integer call() {
    ObjectNode body = Gateway.JSON.createObjectNode().put("dry_run", dryRun);
    if (snapshot != null) {
      body.put("snapshot_id", snapshot);
    }
    if (asOf != null) {
      body.put("as_of", asOf);
    }
    JsonNode answer =
        gatewayOptions
            .gateway()
            .post(
                "/v1/tables/" + Gateway.encode(table) + "/restore", body, MaintenanceRuns.TIMEOUT);
    if (json) {
      Terminal.out().println(answer.toPrettyString());
      return 0;
    }
    Terminal.out()
        .printf(
            "%s table %s to snapshot %s%s: %s rows become %s, %s files go, %s come back%n",
            dryRun ? "Would restore" : "Restored",
            text(answer, "table"),
            text(answer, "restored_from"),
            dryRun ? "" : " as snapshot " + text(answer, "snapshot_id"),
            text(answer, "rows_before"),
            text(answer, "rows_after"),
            text(answer, "files_ended"),
            text(answer, "files_begun"));
    return 0;
  }
}

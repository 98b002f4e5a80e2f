package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Lets snapshots and rows expire. */
@Command(
    name = "expire",
    description =
        "Lets snapshots expire that the policies do not keep and no pin protects, and rows by"
            + " their age.",
    footer = {"", "Examples:", "  duckmesh expire --dry-run", "  duckmesh expire --wait"})
public final class ExpireCommand implements Callable<Integer> {
  private static final String PATH = "/v1/maintenance/expire";

  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Option(names = "--dry-run", description = "Shows what would expire.")
  private boolean dryRun;

  @Option(names = "--wait", description = "Waits until the run has ended.")
  private boolean waitFinished;

  @Option(names = "--json", description = "The gateway's whole answer.")
  private boolean json;

  @Override
  public Integer call() {
    Gateway gateway = gatewayOptions.gateway();
    if (!dryRun) {
      return MaintenanceRuns.start(gateway, PATH, waitFinished, json);
    }
    if (json) {
      MaintenanceRuns.plan(gateway, PATH, page -> Terminal.out().println(page.toPrettyString()));
      return 0;
    }
    TextTable snapshots = TextTable.of("#snapshot_id", "committed_at", "operation");
    TextTable files = TextTable.of("table", "object_key", "#rows", "#bytes", "rows_left");
    MaintenanceRuns.plan(
        gateway,
        PATH,
        page -> {
          for (JsonNode snapshot : page.path("snapshots")) {
            snapshots.add(
                text(snapshot, "snapshot_id"),
                text(snapshot, "committed_at"),
                text(snapshot, "operation"));
          }
          for (JsonNode file : page.path("files")) {
            files.add(
                text(file, "table"),
                text(file, "object_key"),
                text(file, "rows"),
                text(file, "bytes"),
                text(file, "rows_left"));
          }
        });
    Terminal.out().println("Snapshots that expire:");
    snapshots.print(Terminal.out());
    Terminal.out().println();
    Terminal.out().println("Files with rows that are too old:");
    files.print(Terminal.out());
    return 0;
  }
}

package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Merges small files. */
@Command(
    name = "compact",
    description = "Merges small files of a table, or of all tables, whatever their windows say.",
    footer = {
      "",
      "Examples:",
      "  duckmesh compact trips --dry-run",
      "  duckmesh compact trips --wait"
    })
public final class CompactCommand implements Callable<Integer> {
  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Parameters(
      paramLabel = "TABLE",
      arity = "0..1",
      description = "The table. Default: all that have files to merge.")
  private @Nullable String table;

  @Option(names = "--dry-run", description = "Shows what would be merged first.")
  private boolean dryRun;

  @Option(names = "--wait", description = "Waits until the run has ended.")
  private boolean waitFinished;

  @Option(names = "--json", description = "The gateway's whole answer.")
  private boolean json;

  @Override
  public Integer call() {
    Gateway gateway = gatewayOptions.gateway();
    String name = table;
    String path =
        name == null
            ? "/v1/maintenance/compact"
            : "/v1/tables/" + Gateway.encode(name) + "/compact";
    if (!dryRun) {
      return MaintenanceRuns.start(gateway, path, waitFinished, json);
    }
    if (json) {
      MaintenanceRuns.plan(gateway, path, page -> Terminal.out().println(page.toPrettyString()));
      return 0;
    }
    TextTable plan =
        name == null
            ? TextTable.of("table", "compaction", "#groups", "#files", "#rows", "#bytes")
            : TextTable.of("group", "reason", "object_key", "#rows", "#bytes");
    int[] groups = {0};
    MaintenanceRuns.plan(
        gateway,
        path,
        page -> {
          for (JsonNode due : page.path("tables")) {
            plan.add(
                text(due, "table"),
                text(due, "compaction"),
                text(due, "groups"),
                text(due, "files"),
                text(due, "rows"),
                text(due, "bytes"));
          }
          for (JsonNode group : page.path("groups")) {
            groups[0]++;
            for (JsonNode file : group.path("files")) {
              plan.add(
                  String.valueOf(groups[0]),
                  text(group, "reason"),
                  text(file, "object_key"),
                  text(file, "rows"),
                  text(file, "bytes"));
            }
          }
        });
    plan.print(Terminal.out());
    return 0;
  }
}

package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Deletes what nothing refers to. */
@Command(
    name = "collect",
    description = "Deletes objects that no readable snapshot, no write and no running query needs.",
    footer = {"", "Examples:", "  duckmesh collect --dry-run", "  duckmesh collect --wait"})
public final class CollectCommand implements Callable<Integer> {
  private static final String PATH = "/v1/maintenance/collect";

  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Option(names = "--dry-run", description = "Shows what would be marked and deleted.")
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
    TextTable objects = TextTable.of("what", "object_key", "#bytes");
    MaintenanceRuns.plan(
        gateway,
        PATH,
        page -> {
          for (JsonNode object : page.path("marked")) {
            objects.add("mark", text(object, "object_key"), text(object, "bytes"));
          }
          for (JsonNode object : page.path("deleted")) {
            objects.add("delete", text(object, "object_key"), text(object, "bytes"));
          }
        });
    objects.print(Terminal.out());
    return 0;
  }
}

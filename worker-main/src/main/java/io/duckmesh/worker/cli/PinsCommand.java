package io.duckmesh.worker.cli;

import static io.duckmesh.worker.cli.Gateway.text;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Names by which snapshots stay. */
@Command(name = "pins", description = "Lists names by which snapshots stay readable.")
public final class PinsCommand implements Callable<Integer> {
  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Option(names = "--json", description = "The gateway's whole answer.")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode answer = gatewayOptions.gateway().get("/v1/pins", MaintenanceRuns.TIMEOUT);
    if (json) {
      Terminal.out().println(answer.toPrettyString());
      return 0;
    }
    if (answer.path("pins").isEmpty()) {
      Terminal.err().println("There are no pins.");
      return 0;
    }
    TextTable pins = TextTable.of("name", "#snapshot_id", "created_at", "expires_at");
    for (JsonNode pin : answer.path("pins")) {
      pins.add(
          text(pin, "name"),
          text(pin, "snapshot_id"),
          text(pin, "created_at"),
          text(pin, "expires_at"));
    }
    pins.print(Terminal.out());
    return 0;
  }
}

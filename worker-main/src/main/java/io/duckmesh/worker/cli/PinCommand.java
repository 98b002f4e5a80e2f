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

/** Keeps a snapshot under a name. */
@Command(
    name = "pin",
    description = "Keeps a snapshot readable under a name, whatever the policies say.",
    footer = {
      "",
      "Examples:",
      "  duckmesh pin before-migration",
      "  duckmesh pin q3 --snapshot 4711 --expires-at 2027-01-01T00:00:00Z"
    })
public final class PinCommand implements Callable<Integer> {
  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Parameters(paramLabel = "NAME", description = "The name; a pin of that name is moved.")
  private String name = "";

  @Option(
      names = "--snapshot",
      paramLabel = "SNAPSHOT",
      description = "The snapshot. Default: the newest one.")
  private @Nullable Long snapshot;

  @Option(
      names = "--as-of",
      paramLabel = "TIME",
      description = "The newest snapshot then, for example 2026-11-24T10:00:00Z.")
  private @Nullable String asOf;

  @Option(
      names = "--expires-at",
      paramLabel = "TIME",
      description = "Until when it protects. Default: until it is removed.")
  private @Nullable String expiresAt;

  @Override
  public Integer call() {
    ObjectNode body = Gateway.JSON.createObjectNode();
    if (snapshot != null) {
      body.put("snapshot_id", snapshot);
    }
    if (asOf != null) {
      body.put("as_of", asOf);
    }
    if (expiresAt != null) {
      body.put("expires_at", expiresAt);
    }
    JsonNode pin =
        gatewayOptions
            .gateway()
            .put("/v1/pins/" + Gateway.encode(name), body, MaintenanceRuns.TIMEOUT);
    Terminal.out()
        .printf(
            "Pinned snapshot %s as %s%s%n",
            text(pin, "snapshot_id"),
            text(pin, "name"),
            text(pin, "expires_at").isEmpty() ? "" : " until " + text(pin, "expires_at"));
    return 0;
  }
}

package io.duckmesh.worker.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Removes a name by which a snapshot stays. */
@Command(name = "unpin", description = "Removes a pin; its snapshot may expire then.")
public final class UnpinCommand implements Callable<Integer> {
  @Mixin private final GatewayOptions gatewayOptions = new GatewayOptions();

  @Parameters(paramLabel = "NAME", description = "The pin.")
  private String name = "";

  @Override
  public Integer call() {
    gatewayOptions.gateway().delete("/v1/pins/" + Gateway.encode(name), MaintenanceRuns.TIMEOUT);
    Terminal.out().println("Removed pin " + name);
    return 0;
  }
}

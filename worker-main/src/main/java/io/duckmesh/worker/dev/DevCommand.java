package io.duckmesh.worker.dev;

import io.duckmesh.worker.cli.ClientFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Everything in one process tree. */
@Command(
    name = "dev",
    description = "Runs everything on this machine: PostgreSQL, Temporal, gateway and workers.",
    footer = {
      "",
      "All state is below the home folder: delete it to begin anew. Ctrl-C stops",
      "everything. Temporal is the server that --temporal-target names, else the",
      "`temporal` program of this machine, else a download of it, else a small one in",
      "the process."
    })
public final class DevCommand implements Callable<Integer> {
  @Option(
      names = "--home",
      paramLabel = "DIR",
      defaultValue = ClientFile.DEFAULT_HOME,
      description = "Folder of all state. Default: ${DEFAULT-VALUE}.")
  private Path home = Path.of(ClientFile.DEFAULT_HOME);

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port of the gateway. Default: 8080, or the next free one.")
  private @Nullable Integer port;

  @Option(
      names = "--ui-port",
      paramLabel = "N",
      description = "Port of the Temporal UI. Default: 8233, or the next free one.")
  private @Nullable Integer uiPort;

  @Option(
      names = "--shards",
      paramLabel = "N",
      defaultValue = "4",
      description = "Shards of the tenant. Default: ${DEFAULT-VALUE}.")
  private int shards;

  @Option(
      names = "--temporal-target",
      paramLabel = "HOST:PORT",
      description = "Uses this Temporal server. Default: $DUCKMESH_TEMPORAL_TARGET.")
  private @Nullable String temporalTarget;

  @Option(
      names = "--temporal-namespace",
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Namespace at that server. Default: ${DEFAULT-VALUE}.")
  private String temporalNamespace = "default";

  @Option(
      names = "--in-process-temporal",
      description = "Uses the small in-process Temporal even if there is a real one.")
  private boolean inProcessTemporal;

  @Option(names = "--no-download", description = "Never downloads Temporal.")
  private boolean noDownload;

  @Override
  public Integer call() throws InterruptedException {
    String target = temporalTarget;
    if (target == null) {
      target = System.getenv("DUCKMESH_TEMPORAL_TARGET");
    }
    return DevMode.run(
        new DevOptions(
            home,
            port,
            uiPort,
            shards,
            target == null || target.isBlank() ? null : target,
            temporalNamespace,
            inProcessTemporal,
            !noDownload));
  }
}

package io.duckmesh.worker.dev;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a dev instance is asked for.
 *
 * @param port of the gateway, null for 8080 or the next free one
 * @param uiPort of the Temporal UI, null for 8233 or the next free one
 * @param temporalTarget a Temporal server that is there already, null to start one
 */
record DevOptions(
    Path home,
    @Nullable Integer port,
    @Nullable Integer uiPort,
    int shards,
    @Nullable String temporalTarget,
    String temporalNamespace,
    boolean inProcessTemporal,
    boolean download) {
  DevOptions {
    requireNonNull(home, "home is null");
    requireNonNull(temporalNamespace, "temporalNamespace is null");
    if (shards < 1 || shards > 256) {
      throw new DevException("--shards is a number from 1 to 256, not " + shards);
    }
  }
}

package io.duckmesh.workflows.collect;

import static java.util.Objects.requireNonNull;

/**
 * A run.
 *
 * @param runId the run in the catalog
 */
public record CollectRun(String runId, boolean dryRun, boolean byHand, CollectProgress progress) {
  public CollectRun {
    requireNonNull(runId, "runId is null");
    requireNonNull(progress, "progress is null");
  }
}

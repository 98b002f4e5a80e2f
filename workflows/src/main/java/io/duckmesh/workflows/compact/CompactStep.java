package io.duckmesh.workflows.compact;

import static java.util.Objects.requireNonNull;

/**
 * A plan that is asked for.
 *
 * @param runId the run in the catalog, begun by its first plan
 * @param waitMillis how long to wait for something to merge
 * @param progress what the run has done so far, for the catalog
 */
public record CompactStep(
    String runId,
    String tenant,
    String tableId,
    boolean dryRun,
    boolean byHand,
    long waitMillis,
    CompactProgress progress) {
  public CompactStep {
    requireNonNull(runId, "runId is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(tableId, "tableId is null");
    requireNonNull(progress, "progress is null");
  }
}

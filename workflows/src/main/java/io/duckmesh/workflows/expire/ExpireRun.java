package io.duckmesh.workflows.expire;

import static java.util.Objects.requireNonNull;

/**
 * A step that is asked for.
 *
 * @param runId the run in the catalog, begun by its first step
 * @param byHand whether somebody asked for it: windows do not bind it
 * @param progress what the run has done so far, for the catalog
 */
public record ExpireRun(
    String runId, String tenant, boolean dryRun, boolean byHand, ExpireProgress progress) {
  public ExpireRun {
    requireNonNull(runId, "runId is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(progress, "progress is null");
  }
}

package io.duckmesh.workflows.verify;

import static java.util.Objects.requireNonNull;

/**
 * How a run ended.
 *
 * @param state {@code passed}, {@code failed} if it has findings, or {@code abandoned} if another
 *     one began meanwhile
 * @param snapshotId files of snapshots up to this one were looked at
 */
public record VerifyResult(
    String runId,
    String state,
    long snapshotId,
    int shards,
    long files,
    long bytes,
    long findings,
    long millis) {
  public VerifyResult {
    requireNonNull(runId, "runId is null");
    requireNonNull(state, "state is null");
  }
}

package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A run that compares.
 *
 * @param snapshot files of snapshots up to this one are looked at
 * @param finishedAt null while it is running
 * @param shards shards looked at so far
 * @param files files looked at so far
 * @param bytes bytes of them
 * @param findings findings that are kept
 */
public record VerifyRun(
    String runId,
    TenantId tenant,
    State state,
    SnapshotId snapshot,
    Instant startedAt,
    @Nullable Instant finishedAt,
    int shards,
    long files,
    long bytes,
    long findings) {
  /** How a run stands. */
  public enum State {
    RUNNING,
    /** Finished without findings. */
    PASSED,
    /** Finished with findings. */
    FAILED,
    /** Did not finish: another one has begun since. */
    ABANDONED
  }

  public VerifyRun {
    requireNonNull(runId, "runId is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(state, "state is null");
    requireNonNull(snapshot, "snapshot is null");
    requireNonNull(startedAt, "startedAt is null");
  }
}

package io.duckmesh.workflows.materialize;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a run is doing.
 *
 * @param state {@code waiting}, {@code writing}, {@code committing} or {@code paused}
 * @param paused whether it is paused, or will be when the batch at hand has landed
 * @param landed the last position that this run has landed, null while it has landed none
 * @param snapshotId the snapshot that has it
 */
public record MaterializeStatus(
    String shard,
    String tenant,
    String state,
    boolean paused,
    @Nullable Long landed,
    @Nullable Long snapshotId,
    MaterializeTotals totals) {
  public MaterializeStatus {
    requireNonNull(shard, "shard is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(state, "state is null");
    requireNonNull(totals, "totals is null");
  }
}

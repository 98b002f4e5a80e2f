package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How far a running query is.
 *
 * @param phase what it is doing, in words of who runs it
 * @param progress how much of it is done, from 0 to 1, null if it can not be told
 */
public record QueryProgress(
    TenantId tenant,
    QueryId id,
    String phase,
    @Nullable Double progress,
    @Nullable SnapshotId snapshot,
    long rowCount,
    long byteCount) {
  public QueryProgress {
    requireNonNull(tenant, "tenant is null");
    requireNonNull(id, "id is null");
    requireNonNull(phase, "phase is null");
    if (progress != null && !(progress >= 0 && progress <= 1)) {
      throw new IllegalArgumentException("Progress must be from 0 to 1: " + progress);
    }
  }
}

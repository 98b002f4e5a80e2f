package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/**
 * How far a shard has landed.
 *
 * @param position highest position whose segments are all in {@code snapshot}
 * @param snapshot the snapshot that advanced it last
 */
public record Watermark(ShardId shard, TenantId tenant, long position, SnapshotId snapshot) {
  public Watermark {
    requireNonNull(shard, "shard is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(snapshot, "snapshot is null");
  }
}

package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A segment at or below its shard's watermark: which snapshot has it and what became of its rows.
 */
public record LandedSegment(
    ShardId shard,
    long position,
    Snapshot snapshot,
    long duplicates,
    long quarantined,
    @Nullable String reason) {
  public LandedSegment {
    requireNonNull(shard, "shard is null");
    requireNonNull(snapshot, "snapshot is null");
  }
}

package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/**
 * A commit of a shard: the positions after {@code after} up to {@code upTo} are in the snapshot.
 */
public record LandedBatch(long after, long upTo, SnapshotId snapshot) {
  public LandedBatch {
    requireNonNull(snapshot, "snapshot is null");
  }
}

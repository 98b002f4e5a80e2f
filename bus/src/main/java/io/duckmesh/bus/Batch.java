package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * Consecutive positions of one shard under one claim: everything after {@code after} up to and
 * including {@code upTo}. The segments themselves are read with {@link EventBus#read}.
 *
 * @param after the last acknowledged position when the batch was claimed
 * @param segmentCount segments inside that are not in quarantine; 0 when all of them are
 * @param rowCount events in those segments
 * @param sizeBytes payload bytes of those segments
 * @param leasedUntil when the claim ends unless it is extended
 */
public record Batch(
    BatchId id,
    Position after,
    Position upTo,
    int segmentCount,
    long rowCount,
    long sizeBytes,
    Instant leasedUntil) {
  public Batch {
    requireNonNull(id, "id is null");
    requireNonNull(after, "after is null");
    requireNonNull(upTo, "upTo is null");
    requireNonNull(leasedUntil, "leasedUntil is null");
    if (upTo.compareTo(after) <= 0) {
      throw new IllegalArgumentException("Batch is empty: after " + after + ", up to " + upTo);
    }
  }
}

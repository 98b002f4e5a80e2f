package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

/**
 * Events of one table from one request, encoded as one log record. The log does not look inside.
 *
 * @param shard where it is appended
 * @param rowCount events inside, at least 1
 * @param payload the encoded events; the array is not copied and must not change afterwards
 */
public record Segment(ShardId shard, int rowCount, byte[] payload) {
  public Segment {
    requireNonNull(shard, "shard is null");
    requireNonNull(payload, "payload is null");
    if (rowCount < 1) {
      throw new IllegalArgumentException("Row count must be positive: " + rowCount);
    }
  }
}

package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * A segment as the log holds it.
 *
 * @param publishedAt the log's own time of the append, not before that of any earlier position's
 *     transaction start
 */
public record PublishedSegment(
    ShardId shard, Position position, int rowCount, Instant publishedAt, byte[] payload) {
  public PublishedSegment {
    requireNonNull(shard, "shard is null");
    requireNonNull(position, "position is null");
    requireNonNull(publishedAt, "publishedAt is null");
    requireNonNull(payload, "payload is null");
  }
}

package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * When a claim returns: at the first of the row or byte limit, the linger since the oldest
 * unclaimed segment was published, or a flush request for a position that is not yet acknowledged.
 * Segments in quarantine count in the limits, though they are not delivered.
 *
 * @param maxRows a batch is cut before the segment that would pass it, but holds at least one
 *     segment
 * @param maxBytes the same, in payload bytes
 * @param linger how long the oldest segment may wait for company
 * @param maxWait how long a claim waits for a first segment, or for another consumer's lease to
 *     end, before it returns empty; a linger that has begun is waited for beyond it
 */
public record BatchLimits(long maxRows, long maxBytes, Duration linger, Duration maxWait) {
  public static final BatchLimits DEFAULTS =
      new BatchLimits(500_000, 64L << 20, Duration.ofSeconds(1), Duration.ofSeconds(20));

  public BatchLimits {
    requireNonNull(linger, "linger is null");
    requireNonNull(maxWait, "maxWait is null");
    if (maxRows < 1 || maxBytes < 1 || linger.isNegative() || maxWait.isNegative()) {
      throw new IllegalArgumentException(
          "Batch limits must be positive: rows %d, bytes %d, linger %s, wait %s"
              .formatted(maxRows, maxBytes, linger, maxWait));
    }
  }

  public BatchLimits withLinger(Duration linger) {
    return new BatchLimits(maxRows, maxBytes, linger, maxWait);
  }

  public BatchLimits withMaxWait(Duration maxWait) {
    return new BatchLimits(maxRows, maxBytes, linger, maxWait);
  }

  public BatchLimits withMaxRows(long maxRows) {
    return new BatchLimits(maxRows, maxBytes, linger, maxWait);
  }

  public BatchLimits withMaxBytes(long maxBytes) {
    return new BatchLimits(maxRows, maxBytes, linger, maxWait);
  }
}

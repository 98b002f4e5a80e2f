package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What one query may take: time, and rows and bytes of its answer, past which that is cut.
 *
 * @param oneThread whether one thread computes it, so that nothing of the answer depends on which
 *     thread came first: sums of DOUBLE, which of equal rows is the first, the order of groups
 */
public record QueryLimits(Duration timeout, long maxRows, long maxBytes, boolean oneThread) {
  public static final QueryLimits DEFAULTS =
      new QueryLimits(Duration.ofSeconds(30), 1_000_000, 256L << 20);

  /** Limits of a query that all threads may compute. */
  public QueryLimits(Duration timeout, long maxRows, long maxBytes) {
    this(timeout, maxRows, maxBytes, false);
  }

  public QueryLimits withTimeout(Duration timeout) {
    return new QueryLimits(timeout, maxRows, maxBytes, oneThread);
  }

  public QueryLimits withOneThread() {
    return new QueryLimits(timeout, maxRows, maxBytes, true);
  }

  public QueryLimits {
    requireNonNull(timeout, "timeout is null");
    if (timeout.isNegative() || timeout.isZero() || maxRows < 1 || maxBytes < 1) {
      throw new IllegalArgumentException(
          "Query limits must be positive: %s, %d rows, %d bytes"
              .formatted(timeout, maxRows, maxBytes));
    }
  }
}

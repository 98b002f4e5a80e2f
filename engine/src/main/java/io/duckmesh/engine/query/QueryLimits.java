package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/** What one query may take: time, and rows and bytes of its answer, past which that is cut. */
public record QueryLimits(Duration timeout, long maxRows, long maxBytes) {
  public static final QueryLimits DEFAULTS =
      new QueryLimits(Duration.ofSeconds(30), 1_000_000, 256L << 20);

  public QueryLimits {
    requireNonNull(timeout, "timeout is null");
    if (timeout.isNegative() || timeout.isZero() || maxRows < 1 || maxBytes < 1) {
      throw new IllegalArgumentException(
          "Query limits must be positive: %s, %d rows, %d bytes"
              .formatted(timeout, maxRows, maxBytes));
    }
  }
}

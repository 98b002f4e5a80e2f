package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/**
 * What a query answered and took; of one that runs, so far.
 *
 * @param rowCount rows of the answer
 * @param byteCount bytes of the answer
 * @param truncated whether a limit cut it
 */
public record QueryStats(
    long rowCount, long byteCount, boolean truncated, QueryReads reads, QueryTimes times) {
  public static final QueryStats NONE =
      new QueryStats(0, 0, false, QueryReads.NONE, QueryTimes.NONE);

  public QueryStats {
    requireNonNull(reads, "reads is null");
    requireNonNull(times, "times is null");
  }
}

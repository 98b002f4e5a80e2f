package io.duckmesh.api.query;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.query.QueryLimits;
import java.time.Duration;

/**
 * Settings of asynchronous queries and of what is kept of all queries.
 *
 * @param concurrency asynchronous queries that this gateway runs at once
 * @param runningPerTenant asynchronous queries of one tenant that run at once, at all gateways
 * @param queuedPerTenant asynchronous queries of one tenant that may wait
 * @param defaultLimits limits of an asynchronous query that does not say any; the bytes are those
 *     of its result
 * @param maxLimits the highest limits that an asynchronous query may ask for
 * @param resultRetention how long a result is kept
 * @param lease how long a gateway that says nothing of its queries is believed to run them
 * @param historyDays days for which it is kept how queries ended
 * @param historySqlLength characters of a statement that are kept; 0 keeps none
 * @param slowQuery queries that take longer are logged
 */
public record QuerySettings(
    int concurrency,
    int runningPerTenant,
    int queuedPerTenant,
    QueryLimits defaultLimits,
    QueryLimits maxLimits,
    Duration resultRetention,
    Duration lease,
    int historyDays,
    int historySqlLength,
    Duration slowQuery) {
  public static final QuerySettings DEFAULTS =
      new QuerySettings(
          2,
          2,
          100,
          new QueryLimits(Duration.ofMinutes(30), 100_000_000, 4L << 30),
          new QueryLimits(Duration.ofHours(2), Long.MAX_VALUE, 4L << 30),
          Duration.ofHours(1),
          Duration.ofSeconds(15),
          7,
          4_000,
          Duration.ofSeconds(1));

  public QuerySettings {
    requireNonNull(defaultLimits, "defaultLimits is null");
    requireNonNull(maxLimits, "maxLimits is null");
    requireNonNull(resultRetention, "resultRetention is null");
    requireNonNull(lease, "lease is null");
    requireNonNull(slowQuery, "slowQuery is null");
    if (concurrency < 0
        || runningPerTenant < 1
        || queuedPerTenant < 1
        || historyDays < 1
        || historySqlLength < 0
        || lease.toMillis() < 1
        || resultRetention.isNegative()) {
      throw new IllegalArgumentException(
          ("Not possible: %d at once, %d and %d of a tenant, results for %s, leases of %s, %d days"
                  + " of history, %d characters")
              .formatted(
                  concurrency,
                  runningPerTenant,
                  queuedPerTenant,
                  resultRetention,
                  lease,
                  historyDays,
                  historySqlLength));
    }
  }

  public QuerySettings withConcurrency(int concurrency, int runningPerTenant, int queuedPerTenant) {
    return new QuerySettings(
        concurrency,
        runningPerTenant,
        queuedPerTenant,
        defaultLimits,
        maxLimits,
        resultRetention,
        lease,
        historyDays,
        historySqlLength,
        slowQuery);
  }

  /**
   * The longest time and the largest result that a query may ask for; the defaults are cut to it.
   */
  public QuerySettings withMaximum(Duration timeout, long resultBytes) {
    Duration usual =
        defaultLimits.timeout().compareTo(timeout) < 0 ? defaultLimits.timeout() : timeout;
    return new QuerySettings(
        concurrency,
        runningPerTenant,
        queuedPerTenant,
        new QueryLimits(
            usual, defaultLimits.maxRows(), Math.min(defaultLimits.maxBytes(), resultBytes)),
        new QueryLimits(timeout, maxLimits.maxRows(), resultBytes),
        resultRetention,
        lease,
        historyDays,
        historySqlLength,
        slowQuery);
  }

  public QuerySettings withResultRetention(Duration resultRetention) {
    return new QuerySettings(
        concurrency,
        runningPerTenant,
        queuedPerTenant,
        defaultLimits,
        maxLimits,
        resultRetention,
        lease,
        historyDays,
        historySqlLength,
        slowQuery);
  }

  public QuerySettings withLease(Duration lease) {
    return new QuerySettings(
        concurrency,
        runningPerTenant,
        queuedPerTenant,
        defaultLimits,
        maxLimits,
        resultRetention,
        lease,
        historyDays,
        historySqlLength,
        slowQuery);
  }

  public QuerySettings withHistory(int historyDays, int historySqlLength, Duration slowQuery) {
    return new QuerySettings(
        concurrency,
        runningPerTenant,
        queuedPerTenant,
        defaultLimits,
        maxLimits,
        resultRetention,
        lease,
        historyDays,
        historySqlLength,
        slowQuery);
  }
}

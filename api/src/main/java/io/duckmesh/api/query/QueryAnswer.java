package io.duckmesh.api.query;

import io.duckmesh.catalog.AsyncQuery;
import io.duckmesh.catalog.QueryReads;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.QueryTimes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A query as clients see it.
 *
 * @param phase what it is doing, null if it is not running
 * @param progress how much of it is done, from 0 to 1, null if it can not be told
 * @param sql its beginning, if it is long
 * @param format of the result of an asynchronous query
 * @param expiresAt until when the result of an asynchronous query can be fetched
 * @param error the problem that the query ended with; only of an asynchronous query by itself
 * @param elapsedMs from being asked to its end, null before that
 */
record QueryAnswer(
    String queryId,
    String mode,
    String state,
    @Nullable String phase,
    @Nullable Double progress,
    boolean cancelRequested,
    String keyId,
    @Nullable String keyLabel,
    String sql,
    int sqlLength,
    int parameterCount,
    @Nullable String format,
    Instant submittedAt,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt,
    @Nullable Instant expiresAt,
    @Nullable Long snapshotId,
    List<String> tables,
    @Nullable String outcome,
    @Nullable Map<String, Object> error,
    long rowCount,
    long byteCount,
    boolean truncated,
    @Nullable Double elapsedMs,
    Reads reads,
    Phases phases) {

  /** What it read. */
  record Reads(
      long files,
      long fileBytes,
      long prunedFiles,
      long cachedFiles,
      long downloadedFiles,
      long downloadedBytes) {
    private static Reads of(QueryReads reads) {
      return new Reads(
          reads.files(),
          reads.bytes(),
          reads.prunedFiles(),
          reads.cachedFiles(),
          reads.downloadedFiles(),
          reads.downloadedBytes());
    }
  }

  /** Where its time went. */
  record Phases(
      double parseMs,
      double waitMs,
      double queueMs,
      double bindMs,
      double fetchMs,
      double runMs,
      double writeMs) {
    private static Phases of(QueryTimes times) {
      return new Phases(
          millis(times.parse()),
          millis(times.await()),
          millis(times.queue()),
          millis(times.bind()),
          millis(times.fetch()),
          millis(times.run()),
          millis(times.write()));
    }
  }

  /** A query that is listed, or whose client waited for it. */
  static QueryAnswer of(QueryRecord query) {
    return of(query, null, null, false, null, null, null);
  }

  /** A query that runs here. */
  static QueryAnswer of(TrackedQuery query) {
    return of(query.record(), query.phase(), query.progress(), false, null, null, null);
  }

  static QueryAnswer of(AsyncQuery query, @Nullable Map<String, Object> error) {
    return of(
        query.record(),
        query.phase(),
        query.progress(),
        query.cancelRequested(),
        query.format(),
        query.expiresAt(),
        error);
  }

  private static QueryAnswer of(
      QueryRecord query,
      @Nullable String phase,
      @Nullable Double progress,
      boolean cancelRequested,
      @Nullable String format,
      @Nullable Instant expiresAt,
      @Nullable Map<String, Object> error) {
    Instant finishedAt = query.finishedAt();
    return new QueryAnswer(
        query.id().toString(),
        query.mode().name().toLowerCase(Locale.ROOT),
        query.state().name().toLowerCase(Locale.ROOT),
        phase,
        progress,
        cancelRequested,
        query.keyId(),
        query.keyLabel(),
        query.text().sql(),
        query.text().sqlLength(),
        query.text().parameterCount(),
        format,
        query.submittedAt(),
        query.startedAt(),
        finishedAt,
        expiresAt,
        query.snapshot() == null ? null : query.snapshot().value(),
        query.tables(),
        query.outcome(),
        error,
        query.stats().rowCount(),
        query.stats().byteCount(),
        query.stats().truncated(),
        finishedAt == null ? null : millis(Duration.between(query.submittedAt(), finishedAt)),
        Reads.of(query.stats().reads()),
        Phases.of(query.stats().times()));
  }

  private static double millis(Duration duration) {
    return Math.round(duration.toNanos() / 10_000.0) / 100.0;
  }
}

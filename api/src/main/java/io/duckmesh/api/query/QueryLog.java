package io.duckmesh.api.query;

import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.QueryHistory;
import io.duckmesh.catalog.QueryReads;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.QueryTimes;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes how queries ended: in metrics, in the log if they were slow, and in the catalog's history.
 * The history is written by a thread of this object, in batches, from a queue that holds so many:
 * what does not fit is counted and let go, so that no query ever waits for the catalog. Closing
 * writes what is there, for a few seconds at most.
 */
public final class QueryLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(QueryLog.class);

  private static final int MAX_WAITING = 10_000;
  private static final int BATCH = 2_000;
  private static final int LOGGED_SQL = 1_000;
  private static final Duration INTERVAL = Duration.ofMillis(200);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration CLOSING = Duration.ofSeconds(3);

  private final QueryHistory history;
  private final QueryMetrics metrics;
  private final Clock clock;
  private final Duration slowQuery;
  private final BlockingQueue<QueryRecord> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
  private final Thread writer;
  private volatile boolean closed;

  public QueryLog(QueryHistory history, QueryMetrics metrics, Clock clock, Duration slowQuery) {
    this.history = history;
    this.metrics = metrics;
    this.clock = clock;
    this.slowQuery = slowQuery;
    metrics.watchHistory(waiting::size);
    this.writer = Thread.ofPlatform().name("query-history").daemon(true).start(this::write);
  }

  /** Notes a query that its client waited for. Does not wait for anything. */
  void ended(TrackedQuery query, String outcome) {
    metrics.ended(query, outcome);
    if (!query.isAsked()) {
      return;
    }
    QueryRecord record = query.ended(outcome, clock.instant().truncatedTo(ChronoUnit.MICROS));
    logIfSlow(record, query.phases().elapsedNanos());
    if (!waiting.offer(record)) {
      metrics.dropped(1);
    }
  }

  /** Notes an asynchronous query, whose history its end has written. */
  void endedAsync(TrackedQuery query, String outcome) {
    metrics.ended(query, outcome);
    if (query.isAsked()) {
      logIfSlow(
          query.ended(outcome, clock.instant().truncatedTo(ChronoUnit.MICROS)),
          query.phases().elapsedNanos());
    }
  }

  private void logIfSlow(QueryRecord query, long nanos) {
    if (nanos <= slowQuery.toNanos()) {
      return;
    }
    QueryTimes times = query.stats().times();
    QueryReads reads = query.stats().reads();
    LOG.info(
        "Slow query query_id={} tenant={} key_id={} mode={} outcome={} ms={} parse_ms={} wait_ms={}"
            + " queue_ms={} bind_ms={} fetch_ms={} run_ms={} write_ms={} snapshot_id={} tables={}"
            + " rows={} bytes={} files={} file_bytes={} pruned_files={} cached_files={}"
            + " downloaded_files={} sql=\"{}\"",
        query.id(),
        query.tenant(),
        query.keyId(),
        query.mode().name().toLowerCase(Locale.ROOT),
        query.outcome(),
        nanos / 1_000_000,
        times.parse().toMillis(),
        times.await().toMillis(),
        times.queue().toMillis(),
        times.bind().toMillis(),
        times.fetch().toMillis(),
        times.run().toMillis(),
        times.write().toMillis(),
        query.snapshot() == null ? "none" : query.snapshot(),
        String.join(",", query.tables()),
        query.stats().rowCount(),
        query.stats().byteCount(),
        reads.files(),
        reads.bytes(),
        reads.prunedFiles(),
        reads.cachedFiles(),
        reads.downloadedFiles(),
        oneLine(query.text().sql()));
  }

  private static String oneLine(String sql) {
    StringBuilder line = new StringBuilder();
    int end = Math.min(sql.length(), LOGGED_SQL);
    for (int i = 0; i < end; i++) {
      char c = sql.charAt(i);
      if (c == '"' || c == '\\') {
        line.append('\\').append(c);
      } else {
        line.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? ' ' : c);
      }
    }
    return end < sql.length() ? line.append("…").toString() : line.toString();
  }

  private void write() {
    List<QueryRecord> batch = new ArrayList<>(BATCH);
    boolean failing = false;
    while (!closed || !waiting.isEmpty() || !batch.isEmpty()) {
      try {
        if (batch.isEmpty()) {
          QueryRecord first = waiting.poll(INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
          if (first == null) {
            continue;
          }
          batch.add(first);
          if (!closed && waiting.size() < BATCH) {
            // More come meanwhile, and go in the same transaction.
            TimeUnit.NANOSECONDS.sleep(INTERVAL.toNanos());
          }
        }
        waiting.drainTo(batch, BATCH - batch.size());
        history.record(List.copyOf(batch));
        batch.clear();
        if (failing) {
          LOG.info("Keeping the history of queries again");
          failing = false;
        }
      } catch (CatalogUnavailableException e) {
        if (!failing) {
          LOG.warn("Cannot keep the history of queries for now cause=\"{}\"", e.toString());
          failing = true;
        }
        if (closed || !pause()) {
          break;
        }
      } catch (InterruptedException e) {
        // Nobody but close() ends this thread.
        if (closed) {
          break;
        }
      } catch (RuntimeException e) {
        LOG.error("Cannot keep {} queries in the history", batch.size(), e);
        metrics.dropped(batch.size());
        batch.clear();
      }
    }
    metrics.dropped(batch.size() + waiting.size());
  }

  private static boolean pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      writer.join(CLOSING.toMillis());
      if (writer.isAlive()) {
        writer.interrupt();
      }
    } catch (InterruptedException e) {
      writer.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}

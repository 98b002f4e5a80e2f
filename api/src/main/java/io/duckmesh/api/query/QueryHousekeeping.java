package io.duckmesh.api.query;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.catalog.AsyncQueries;
import io.duckmesh.catalog.AsyncQuery;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.QueryHistory;
import io.duckmesh.catalog.StoredResult;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectStoreUnavailableException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clears up after queries, at every gateway and in small steps: fails those whose gateway has died,
 * deletes results whose time is over, forgets what is too old. Everything to be done is in the
 * catalog; nothing is ever listed.
 */
public final class QueryHousekeeping implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(QueryHousekeeping.class);

  private static final int PAGE = 100;

  /** So much is done at a time, so that a sweep ends. */
  private static final int PAGES = 20;

  private static final Duration RESULTS = Duration.ofSeconds(10);
  private static final Duration HISTORY = Duration.ofMinutes(30);

  private final AsyncQueries queries;
  private final QueryHistory history;
  private final ObjectStore store;
  private final Clock clock;
  private final QuerySettings settings;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("query-housekeeping").daemon(true).factory());

  public QueryHousekeeping(
      Catalog catalog, ObjectStore store, Clock clock, QuerySettings settings) {
    this.queries = catalog.asyncQueries();
    this.history = catalog.queryHistory();
    this.store = store;
    this.clock = clock;
    this.settings = settings;
  }

  /** Begins. To be called once. */
  public void start() {
    long interval = Math.max(1, settings.lease().toMillis() / 4);
    every(Duration.ofMillis(interval), "fail lost queries", this::failLost);
    every(RESULTS, "delete results of queries", this::deleteResults);
    every(HISTORY, "forget queries", this::forget);
  }

  private void every(Duration interval, String what, Runnable work) {
    var unused =
        executor.scheduleWithFixedDelay(
            () -> attempt(what, work),
            interval.toMillis() / 2,
            interval.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private static void attempt(String what, Runnable work) {
    try {
      work.run();
    } catch (CatalogUnavailableException | ObjectStoreUnavailableException e) {
      LOG.warn("Cannot {} for now cause=\"{}\"", what, e.toString());
    } catch (RuntimeException e) {
      LOG.error("Cannot {}", what, e);
    }
  }

  void failLost() {
    StoredProblem problem =
        new StoredProblem(
            ApiError.UNAVAILABLE,
            "The gateway that ran the query has gone; nothing of it is left, submit it again",
            Map.of("reason", "gateway_lost"));
    List<AsyncQuery> lost =
        queries.failLost(
            problem.errorCode().name().toLowerCase(Locale.ROOT),
            problem.toJson(),
            AsyncQueryRunner.GRACE,
            PAGE);
    for (AsyncQuery query : lost) {
      LOG.warn("Failed a query whose gateway has gone query_id={}", query.id());
    }
  }

  void deleteResults() {
    for (int page = 0; page < PAGES; page++) {
      List<StoredResult> results = queries.expireResults(PAGE);
      if (results.isEmpty()) {
        return;
      }
      store.delete(results.stream().map(result -> new ObjectKey(result.objectKey())).toList());
      queries.resultsDeleted(results);
      LOG.debug("Deleted results of queries count={}", results.size());
    }
  }

  void forget() {
    Instant oldest = clock.instant().minus(Duration.ofDays(settings.historyDays()));
    for (int page = 0; page < PAGES; page++) {
      if (queries.forgetFinished(oldest, PAGE) < PAGE) {
        break;
      }
    }
    history.forgetBefore(LocalDate.ofInstant(oldest, ZoneOffset.UTC));
  }

  @Override
  public void close() {
    executor.shutdownNow();
    try {
      var unused = executor.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

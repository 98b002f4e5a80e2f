package io.duckmesh.api.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.QueryCursor;
import io.duckmesh.catalog.QueryFilter;
import io.duckmesh.catalog.QueryHistory;
import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.QueryState;
import io.duckmesh.catalog.QueryText;
import io.duckmesh.catalog.TenantId;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The history of queries while the catalog is slow or away. */
class QueryLogTest {
  private static final TenantId TENANT = new TenantId("default");

  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final List<QueryRecord> kept = new CopyOnWriteArrayList<>();

  private QueryLog log(Recording recording) {
    return new QueryLog(
        new History(recording),
        new QueryMetrics(registry),
        Clock.systemUTC(),
        Duration.ofSeconds(1));
  }

  private static TrackedQuery query() {
    Instant now = Instant.parse("2026-03-04T22:30:00Z");
    TrackedQuery query =
        new TrackedQuery(
            new QueryId(UUID.randomUUID()),
            new Caller("key-1", TENANT, Set.of()),
            QueryRecord.Mode.SYNC,
            now,
            now,
            QueryPhases.begin(),
            () -> {});
    query.asked(QueryText.of("SELECT 1", 0, 100));
    return query;
  }

  private double dropped() {
    return registry.get("duckmesh.query.history.dropped").counter().count();
  }

  @Test
  void queriesAreKeptWithTheirEnds() {
    TrackedQuery ok = query();
    TrackedQuery timeout = query();
    try (QueryLog log = log(kept::addAll)) {
      log.ended(ok, "ok");
      log.ended(timeout, "query_timeout");
    }

    assertThat(kept).extracting(QueryRecord::id).containsExactly(ok.id(), timeout.id());
    assertThat(kept)
        .extracting(QueryRecord::state)
        .containsExactly(QueryState.SUCCEEDED, QueryState.FAILED);
    assertThat(dropped()).isZero();
  }

  @Test
  void catalogThatDoesNotAnswerHoldsUpNoQueryAndWhatIsMissingIsCounted() {
    CountDownLatch answers = new CountDownLatch(1);
    int asked = 20_000;
    try (QueryLog log =
        log(
            queries -> {
              awaitQuietly(answers);
              kept.addAll(queries);
            })) {
      TrackedQuery query = query();
      for (int i = 0; i < asked; i++) {
        log.ended(query, "ok");
      }
      assertThat(kept).isEmpty();
      answers.countDown();
    }

    assertThat(kept.size() + dropped()).isEqualTo(asked);
    assertThat(dropped()).isGreaterThan(9_000);
  }

  @Test
  void queriesAreKeptOnceTheCatalogIsBackEachOnce() {
    AtomicInteger attempts = new AtomicInteger();
    TrackedQuery query = query();
    try (QueryLog log =
        log(
            queries -> {
              if (attempts.getAndIncrement() < 1) {
                throw new CatalogUnavailableException("gone", new IllegalStateException());
              }
              kept.addAll(queries);
            })) {
      log.ended(query, "ok");
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (kept.isEmpty() && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
    }

    assertThat(kept).extracting(QueryRecord::id).containsExactly(query.id());
    assertThat(dropped()).isZero();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private interface Recording {
    void record(List<QueryRecord> queries);
  }

  /** Keeps what it is given as the test says. */
  private record History(Recording recording) implements QueryHistory {
    @Override
    public void record(List<QueryRecord> queries) {
      recording.record(queries);
    }

    @Override
    public Optional<QueryRecord> find(TenantId tenant, QueryId id) {
      return Optional.empty();
    }

    @Override
    public List<QueryRecord> list(
        TenantId tenant, QueryFilter filter, @Nullable QueryCursor after, int limit) {
      return List.of();
    }

    @Override
    public void forgetBefore(LocalDate day) {}
  }
}

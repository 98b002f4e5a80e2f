package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is kept of queries that have ended. */
abstract class QueryHistoryContract extends CatalogContract {
  private static final TenantId OTHER = new TenantId("other");

  private static QueryId id(int number) {
    return new QueryId(new UUID(0x4000, number));
  }

  /** A query that took so many milliseconds and was asked at the clock's time. */
  private QueryRecord ended(int number, String keyId, String outcome, long millis) {
    Instant submittedAt = clock.instant();
    return new QueryRecord(
        id(number),
        TENANT,
        keyId,
        null,
        QueryRecord.Mode.SYNC,
        outcome.equals("ok")
            ? QueryState.SUCCEEDED
            : outcome.equals("query_cancelled") ? QueryState.CANCELLED : QueryState.FAILED,
        new QueryText("SELECT 'é'", 4_000, 3),
        submittedAt,
        submittedAt,
        submittedAt.plusMillis(millis),
        new SnapshotId(1),
        List.of("airlines", "flights"),
        outcome,
        new QueryStats(
            number,
            20,
            false,
            new QueryReads(1, 2, 3, 4, 5, 6),
            new QueryTimes(
                Duration.ofNanos(1_000),
                Duration.ofNanos(2_000),
                Duration.ofNanos(3_000),
                Duration.ofNanos(4_000),
                Duration.ofNanos(5_000),
                Duration.ofNanos(6_000),
                Duration.ofSeconds(7))));
  }

  private List<QueryId> list(QueryFilter filter) {
    return catalog.queryHistory().list(TENANT, filter, null, 100).stream()
        .map(QueryRecord::id)
        .toList();
  }

  @Test
  void queryIsKeptAsItEnded() {
    QueryRecord query = ended(1, "key-1", "ok", 12);

    catalog.queryHistory().record(List.of(query));

    assertThat(open().queryHistory().find(TENANT, id(1))).contains(query);
    assertThat(catalog.queryHistory().list(TENANT, QueryFilter.ALL, null, 10))
        .containsExactly(query);
    assertThat(catalog.queryHistory().find(OTHER, id(1))).isEmpty();
    assertThat(catalog.queryHistory().list(OTHER, QueryFilter.ALL, null, 10)).isEmpty();
  }

  @Test
  void labelOfTheKeyIsKnown() {
    catalog
        .tenants()
        .addApiKey(
            new ApiKey(
                "key-1",
                TENANT,
                new byte[32],
                "dashboard",
                Set.of(Role.QUERY_READER),
                clock.instant()));

    catalog.queryHistory().record(List.of(ended(1, "key-1", "ok", 1)));

    assertThat(catalog.queryHistory().find(TENANT, id(1)).orElseThrow().keyLabel())
        .isEqualTo("dashboard");
    assertThat(catalog.queryHistory().list(TENANT, QueryFilter.ALL, null, 1).getFirst().keyLabel())
        .isEqualTo("dashboard");
  }

  @Test
  void queryThatHasNotEndedIsRefusedWithAllOthers() {
    QueryRecord ended = ended(1, "key-1", "ok", 1);
    QueryRecord running =
        new QueryRecord(
            id(2),
            TENANT,
            "key-1",
            null,
            QueryRecord.Mode.SYNC,
            QueryState.RUNNING,
            ended.text(),
            ended.submittedAt(),
            null,
            null,
            null,
            List.of(),
            null,
            QueryStats.NONE);

    assertThatThrownBy(() -> catalog.queryHistory().record(List.of(ended, running)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(list(QueryFilter.ALL)).isEmpty();
  }

  @Test
  void listIsFiltered() {
    catalog.queryHistory().record(List.of(ended(1, "key-1", "ok", 10)));
    clock.advance(Duration.ofHours(3));
    Instant later = clock.instant();
    catalog
        .queryHistory()
        .record(
            List.of(
                ended(2, "key-2", "query_timeout", 30_000),
                ended(3, "key-1", "query_cancelled", 5_000)));

    assertThat(list(QueryFilter.ALL)).containsExactly(id(3), id(2), id(1));
    assertThat(list(QueryFilter.ALL.withKeyId("key-1"))).containsExactly(id(3), id(1));
    assertThat(list(QueryFilter.ALL.withState(QueryState.FAILED))).containsExactly(id(2));
    assertThat(list(QueryFilter.ALL.withState(QueryState.CANCELLED))).containsExactly(id(3));
    assertThat(list(QueryFilter.ALL.withOutcome("query_timeout"))).containsExactly(id(2));
    assertThat(list(QueryFilter.ALL.withSlowerThan(Duration.ofSeconds(5))))
        .containsExactly(id(3), id(2));
    assertThat(list(QueryFilter.ALL.withSince(later))).containsExactly(id(3), id(2));
    assertThat(list(QueryFilter.ALL.withSince(later.plusSeconds(1)))).isEmpty();
    assertThat(list(QueryFilter.ALL.withKeyId("key-2").withState(QueryState.CANCELLED))).isEmpty();
  }

  @Test
  void pagesNeitherRepeatNorLeaveOut() {
    List<QueryId> asked = new ArrayList<>();
    for (int number = 0; number < 25; number++) {
      catalog.queryHistory().record(List.of(ended(number, "key-1", "ok", 1)));
      asked.addFirst(id(number));
      if (number % 3 == 2) {
        clock.advance(Duration.ofHours(7));
      }
    }

    List<QueryId> read = new ArrayList<>();
    QueryCursor after = null;
    List<QueryRecord> page = catalog.queryHistory().list(TENANT, QueryFilter.ALL, null, 4);
    while (!page.isEmpty()) {
      page.forEach(query -> read.add(query.id()));
      after = QueryCursor.of(page.getLast());
      page = catalog.queryHistory().list(TENANT, QueryFilter.ALL, after, 4);
    }

    assertThat(read).isEqualTo(asked);
  }

  @Test
  void asynchronousQueriesAreListedFromTheBeginning() {
    IntStream.range(0, 3)
        .forEach(
            number -> {
              catalog
                  .asyncQueries()
                  .submit(
                      new QueryDraft(
                          id(number),
                          TENANT,
                          "key-1",
                          QueryText.of("SELECT 1", 0, 100),
                          "csv",
                          "{}",
                          new KeyHash(1, 1)),
                      10);
              clock.advance(Duration.ofSeconds(10));
            });
    catalog.asyncQueries().cancel(TENANT, id(0), "query_cancelled", "why");
    catalog.asyncQueries().claim("a", 1, 1, Duration.ofHours(1));
    catalog.queryHistory().record(List.of(ended(3, "key-2", "ok", 1)));

    List<QueryRecord> queries = catalog.queryHistory().list(TENANT, QueryFilter.ALL, null, 10);

    assertThat(queries)
        .extracting(query -> query.id() + " " + query.mode() + " " + query.state())
        .containsExactly(
            id(3) + " SYNC SUCCEEDED",
            id(2) + " ASYNC QUEUED",
            id(1) + " ASYNC RUNNING",
            id(0) + " ASYNC CANCELLED");
    assertThat(list(QueryFilter.ALL.withState(QueryState.RUNNING))).containsExactly(id(1));
    assertThat(list(QueryFilter.ALL.withSlowerThan(Duration.ofSeconds(15))))
        .containsExactly(id(1), id(0));
    assertThat(list(QueryFilter.ALL.withOutcome("ok"))).containsExactly(id(3));
    assertThat(catalog.queryHistory().list(TENANT, QueryFilter.ALL, null, 2))
        .extracting(QueryRecord::id)
        .containsExactly(id(3), id(2));
  }

  @Test
  void queryThatWaitedForLongerThanTheHistoryReachesStillEnds() {
    catalog
        .asyncQueries()
        .submit(
            new QueryDraft(
                id(0),
                TENANT,
                "key-1",
                QueryText.of("SELECT 1", 0, 100),
                "csv",
                "{}",
                new KeyHash(1, 1)),
            10);
    catalog.queryHistory().record(List.of(ended(1, "key-1", "ok", 1)));
    clock.advance(Duration.ofDays(10));
    open().queryHistory().forgetBefore(LocalDate.parse("2026-03-14"));

    assertThat(catalog.asyncQueries().cancel(TENANT, id(0), "query_cancelled", "why"))
        .hasValueSatisfying(query -> assertThat(query.state()).isEqualTo(QueryState.CANCELLED));
  }

  @Test
  void daysBeforeAreForgottenAndLaterOnesStay() {
    for (int day = 0; day < 4; day++) {
      catalog.queryHistory().record(List.of(ended(day, "key-1", "ok", 1)));
      clock.advance(Duration.ofDays(1));
    }

    catalog.queryHistory().forgetBefore(LocalDate.parse("2026-03-06"));
    catalog.queryHistory().forgetBefore(LocalDate.parse("2026-03-06"));

    assertThat(list(QueryFilter.ALL)).containsExactly(id(3), id(2));
    catalog.queryHistory().record(List.of(ended(9, "key-1", "ok", 1)));
    assertThat(list(QueryFilter.ALL)).containsExactly(id(9), id(3), id(2));
  }
}

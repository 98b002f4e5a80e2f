package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Asynchronous queries, from being submitted to being forgotten. */
abstract class AsyncQueriesContract extends CatalogContract {
  private static final TenantId OTHER = new TenantId("other");
  private static final Duration LEASE = Duration.ofHours(1);
  private static final Duration KEEP = Duration.ofHours(2);
  private static final Duration GRACE = Duration.ofMinutes(10);
  private static final QueryStats STATS =
      new QueryStats(
          7,
          300,
          true,
          new QueryReads(4, 4_000, 96, 3, 1, 1_000),
          new QueryTimes(
              Duration.ofNanos(1_000),
              Duration.ofMillis(2),
              Duration.ofMillis(3),
              Duration.ofMillis(4),
              Duration.ofMillis(5),
              Duration.ofMillis(6),
              Duration.ofMillis(7)));

  private static QueryId id(int number) {
    return new QueryId(new UUID(0x4000, number));
  }

  private static QueryDraft draft(int number, TenantId tenant) {
    return new QueryDraft(
        id(number),
        tenant,
        "key-1",
        QueryText.of("SELECT " + number, 2, 100),
        "csv",
        "{\"sql\":\"SELECT %d\"}".formatted(number),
        new KeyHash(number, 1));
  }

  private AsyncQuery submit(int number) {
    return catalog.asyncQueries().submit(draft(number, TENANT), 100);
  }

  private ClaimedQuery claim(String owner) {
    return catalog.asyncQueries().claim(owner, 1, 10, LEASE).getFirst();
  }

  private ClaimedQuery submitAndClaim(int number, String owner) {
    submit(number);
    return claim(owner);
  }

  private QueryEnding success() {
    return new QueryEnding(
        QueryState.SUCCEEDED, "ok", null, newest(), List.of("flights"), STATS, KEEP);
  }

  private AsyncQuery succeed(int number) {
    ClaimedQuery claimed = submitAndClaim(number, "a");
    catalog.asyncQueries().registerResult(claimed, "default/query-results/" + number);
    assertThat(catalog.asyncQueries().finish(claimed, success())).isTrue();
    return find(number);
  }

  private AsyncQuery find(int number) {
    return catalog.asyncQueries().find(TENANT, id(number)).orElseThrow();
  }

  private static QueryProgress progress(int number) {
    return new QueryProgress(TENANT, id(number), "write", 0.5, new SnapshotId(1), 3, 40);
  }

  @Test
  void queryWaitsRunsAndSucceeds() {
    Instant submittedAt = clock.instant();
    AsyncQuery queued = submit(1);
    clock.advance(Duration.ofSeconds(3));
    ClaimedQuery claimed = claim("a");
    assertThat(catalog.asyncQueries().registerResult(claimed, "default/query-results/1")).isTrue();
    clock.advance(Duration.ofSeconds(4));

    boolean finished = catalog.asyncQueries().finish(claimed, success());

    assertThat(finished).isTrue();
    assertThat(queued.state()).isEqualTo(QueryState.QUEUED);
    assertThat(queued.record().submittedAt()).isEqualTo(submittedAt);
    assertThat(queued.record().text()).isEqualTo(new QueryText("SELECT 1", 8, 2));
    assertThat(claimed.request()).isEqualTo("{\"sql\":\"SELECT 1\"}");
    assertThat(claimed.query().state()).isEqualTo(QueryState.RUNNING);
    assertThat(open().asyncQueries().find(TENANT, id(1)))
        .contains(
            new AsyncQuery(
                new QueryRecord(
                    id(1),
                    TENANT,
                    "key-1",
                    null,
                    QueryRecord.Mode.ASYNC,
                    QueryState.SUCCEEDED,
                    new QueryText("SELECT 1", 8, 2),
                    submittedAt,
                    submittedAt.plusSeconds(3),
                    submittedAt.plusSeconds(7),
                    newest(),
                    List.of("flights"),
                    "ok",
                    STATS),
                "csv",
                false,
                null,
                1.0,
                null,
                "default/query-results/1",
                submittedAt.plusSeconds(7).plus(KEEP)));
  }

  @Test
  void submittingAgainAnswersWithTheFirst() {
    submit(1);
    claim("a");

    assertThat(submit(1).state()).isEqualTo(QueryState.RUNNING);

    assertThat(catalog.asyncQueries().claim("b", 10, 10, LEASE)).isEmpty();
  }

  @Test
  void idOfAnotherRequestIsTakenWithinTheTenantOnly() {
    catalog.tenants().ensure(OTHER, 1);
    submit(1);
    QueryDraft sameId = draft(1, TENANT);
    QueryDraft changed =
        new QueryDraft(
            sameId.id(),
            TENANT,
            "key-1",
            sameId.text(),
            "csv",
            sameId.request(),
            new KeyHash(1, 2));

    assertThatThrownBy(() -> catalog.asyncQueries().submit(changed, 100))
        .isInstanceOf(QueryIdTakenException.class);
    assertThat(catalog.asyncQueries().submit(draft(1, OTHER), 100).tenant()).isEqualTo(OTHER);
    assertThat(find(1).tenant()).isEqualTo(TENANT);
  }

  @Test
  void unknownTenantSubmitsNothing() {
    assertThatThrownBy(() -> catalog.asyncQueries().submit(draft(1, OTHER), 100))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(catalog.asyncQueries().find(OTHER, id(1))).isEmpty();
  }

  @Test
  void noMoreWaitThanTheLimitHoweverManySubmitAtOnce() throws Exception {
    List<Catalog> gateways = List.of(catalog, open());
    int accepted = 0;
    try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
      List<Future<AsyncQuery>> submissions = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int number = i;
        submissions.add(
            executor.submit(
                () -> gateways.get(number % 2).asyncQueries().submit(draft(number, TENANT), 5)));
      }
      for (Future<AsyncQuery> submission : submissions) {
        try {
          submission.get();
          accepted++;
        } catch (ExecutionException e) {
          assertThat(e).hasCauseInstanceOf(QueryQueueFullException.class);
        }
      }
    }

    assertThat(accepted).isEqualTo(5);
  }

  @Test
  void eachQueryIsClaimedOnceHoweverManyClaim() throws Exception {
    IntStream.range(0, 20).forEach(this::submit);
    List<Catalog> gateways = List.of(catalog, open());
    List<QueryId> claimed = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
      List<Future<List<ClaimedQuery>>> claims = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        Catalog gateway = gateways.get(i % 2);
        String owner = "owner-" + i;
        claims.add(executor.submit(() -> gateway.asyncQueries().claim(owner, 2, 13, LEASE)));
      }
      for (Future<List<ClaimedQuery>> claim : claims) {
        claim.get().forEach(query -> claimed.add(query.query().id()));
      }
    }

    assertThat(claimed).doesNotHaveDuplicates().hasSize(13);
  }

  @Test
  void tenantWithFewestRunningComesFirstAndNoneHasMoreThanItsShare() {
    catalog.tenants().ensure(OTHER, 1);
    IntStream.range(0, 5).forEach(this::submit);
    catalog.asyncQueries().submit(draft(100, OTHER), 100);
    claim("a");

    List<ClaimedQuery> claimed = catalog.asyncQueries().claim("b", 10, 3, LEASE);

    assertThat(claimed)
        .extracting(query -> query.query().id())
        .containsExactly(id(100), id(1), id(2));
  }

  @Test
  void runningQuerySaysHowFarItIs() {
    submitAndClaim(1, "a");

    List<QueryId> stop = catalog.asyncQueries().keep("a", List.of(progress(1)), LEASE);

    assertThat(stop).isEmpty();
    AsyncQuery query = find(1);
    assertThat(query.phase()).isEqualTo("write");
    assertThat(query.progress()).isEqualTo(0.5);
    assertThat(query.record().snapshot()).isEqualTo(new SnapshotId(1));
    assertThat(query.record().stats().rowCount()).isEqualTo(3);
    assertThat(query.record().stats().byteCount()).isEqualTo(40);
  }

  @Test
  void progressThatCannotBeToldIsNone() {
    submitAndClaim(1, "a");

    catalog
        .asyncQueries()
        .keep("a", List.of(new QueryProgress(TENANT, id(1), "wait", null, null, 0, 0)), LEASE);

    assertThat(find(1).progress()).isNull();
    assertThat(find(1).record().snapshot()).isNull();
  }

  @Test
  void cancellingAQueryThatWaitsEndsIt() {
    submit(1);
    clock.advance(Duration.ofSeconds(1));

    AsyncQuery cancelled =
        catalog.asyncQueries().cancel(TENANT, id(1), "query_cancelled", "why").orElseThrow();

    assertThat(cancelled.state()).isEqualTo(QueryState.CANCELLED);
    assertThat(cancelled.error()).isEqualTo("why");
    assertThat(cancelled.record().finishedAt()).isEqualTo(clock.instant());
    assertThat(catalog.asyncQueries().claim("a", 10, 10, LEASE)).isEmpty();
    assertThat(catalog.queryHistory().find(TENANT, id(1)))
        .hasValueSatisfying(query -> assertThat(query.outcome()).isEqualTo("query_cancelled"));
  }

  @Test
  void cancellingAQueryThatRunsIsHeardByItsOwner() throws Exception {
    submitAndClaim(1, "a");
    LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
    open()
        .asyncQueries()
        .listen((tenant, id, keyId) -> heard.add("%s %s %s".formatted(tenant, id, keyId)));

    AsyncQuery asked = cancelUntilHeard(heard);

    assertThat(asked.state()).isEqualTo(QueryState.RUNNING);
    assertThat(asked.cancelRequested()).isTrue();
    assertThat(heard.peek()).isEqualTo("default %s null".formatted(id(1)));
    assertThat(catalog.asyncQueries().keep("a", List.of(progress(1)), LEASE))
        .containsExactly(id(1));
  }

  /** A process that has just begun to listen may miss what is said. */
  private AsyncQuery cancelUntilHeard(LinkedBlockingQueue<String> heard) throws Exception {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (true) {
      AsyncQuery asked =
          catalog.asyncQueries().cancel(TENANT, id(1), "query_cancelled", "why").orElseThrow();
      String first = heard.poll(500, TimeUnit.MILLISECONDS);
      if (first != null) {
        heard.add(first);
        return asked;
      }
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void cancellingWhatHasEndedOrIsNotThereChangesNothing() {
    AsyncQuery succeeded = succeed(1);

    assertThat(catalog.asyncQueries().cancel(TENANT, id(1), "query_cancelled", "why"))
        .contains(succeeded);
    assertThat(catalog.asyncQueries().cancel(OTHER, id(1), "query_cancelled", "why")).isEmpty();
  }

  @Test
  void ownerThatLostItsLeaseChangesNothing() {
    submit(1);
    ClaimedQuery lost = catalog.asyncQueries().claim("a", 1, 10, Duration.ZERO).getFirst();
    catalog.asyncQueries().failLost("unavailable", "lost", GRACE, 10);

    assertThat(catalog.asyncQueries().registerResult(lost, "default/query-results/1")).isFalse();
    assertThat(catalog.asyncQueries().keep("a", List.of(progress(1)), LEASE))
        .containsExactly(id(1));
    assertThat(catalog.asyncQueries().finish(lost, success())).isFalse();
    assertThat(catalog.asyncQueries().requeue(lost)).isFalse();
    assertThat(find(1).state()).isEqualTo(QueryState.FAILED);
    assertThat(find(1).error()).isEqualTo("lost");
  }

  @Test
  void onlyQueriesWhoseLeaseIsOverAreLost() {
    IntStream.range(0, 4).forEach(this::submit);
    catalog.asyncQueries().claim("a", 2, 10, Duration.ZERO);
    catalog.asyncQueries().claim("b", 1, 10, LEASE);
    catalog
        .asyncQueries()
        .keep("a", List.of(new QueryProgress(TENANT, id(0), "run", null, null, 0, 0)), LEASE);

    List<AsyncQuery> lost = catalog.asyncQueries().failLost("unavailable", "lost", GRACE, 10);

    assertThat(lost).extracting(AsyncQuery::id).containsExactly(id(1));
    assertThat(IntStream.range(0, 4).mapToObj(number -> find(number).state()))
        .containsExactly(
            QueryState.RUNNING, QueryState.FAILED, QueryState.RUNNING, QueryState.QUEUED);
    assertThat(catalog.queryHistory().find(TENANT, id(1)))
        .hasValueSatisfying(query -> assertThat(query.outcome()).isEqualTo("unavailable"));
    assertThat(catalog.asyncQueries().failLost("unavailable", "lost", GRACE, 10)).isEmpty();
  }

  @Test
  void requeuedQueryIsClaimedAgainBeforeLaterOnes() {
    submit(1);
    submit(2);
    ClaimedQuery claimed = claim("a");
    catalog.asyncQueries().registerResult(claimed, "default/query-results/1");

    assertThat(catalog.asyncQueries().requeue(claimed)).isTrue();

    assertThat(find(1).state()).isEqualTo(QueryState.QUEUED);
    assertThat(find(1).resultKey()).isNull();
    assertThat(claim("b").query().id()).isEqualTo(id(1));
  }

  @Test
  void queryThatIsToBeCancelledIsNotRequeued() {
    ClaimedQuery claimed = submitAndClaim(1, "a");
    catalog.asyncQueries().cancel(TENANT, id(1), "query_cancelled", "why");

    assertThat(catalog.asyncQueries().requeue(claimed)).isFalse();
    assertThat(find(1).state()).isEqualTo(QueryState.RUNNING);
  }

  @Test
  void resultExpiresAndIsKnownUntilItsObjectIsDeleted() {
    succeed(1);
    assertThat(catalog.asyncQueries().expireResults(10)).isEmpty();
    clock.advance(KEEP);

    List<StoredResult> over = catalog.asyncQueries().expireResults(10);

    StoredResult result = new StoredResult(TENANT, id(1), "default/query-results/1");
    assertThat(over).containsExactly(result);
    assertThat(find(1).state()).isEqualTo(QueryState.EXPIRED);
    assertThat(find(1).expiresAt()).isNull();
    assertThat(catalog.asyncQueries().expireResults(10)).containsExactly(result);
    catalog.asyncQueries().resultsDeleted(over);
    assertThat(catalog.asyncQueries().expireResults(10)).isEmpty();
    assertThat(find(1).resultKey()).isNull();
  }

  @Test
  void objectOfALostQueryIsDeletedWhenNobodyCanBeWritingIt() {
    submit(1);
    ClaimedQuery lost = catalog.asyncQueries().claim("a", 1, 10, Duration.ZERO).getFirst();
    catalog.asyncQueries().registerResult(lost, "default/query-results/1");
    catalog.asyncQueries().failLost("unavailable", "lost", GRACE, 10);
    assertThat(catalog.asyncQueries().expireResults(10)).isEmpty();
    clock.advance(GRACE);

    assertThat(catalog.asyncQueries().expireResults(10))
        .containsExactly(new StoredResult(TENANT, id(1), "default/query-results/1"));
    assertThat(find(1).state()).isEqualTo(QueryState.FAILED);
  }

  @Test
  void resultsExpireAFewAtATime() {
    IntStream.range(0, 5).forEach(this::succeed);
    clock.advance(KEEP);

    List<StoredResult> first = catalog.asyncQueries().expireResults(3);
    catalog.asyncQueries().resultsDeleted(first);

    assertThat(first).hasSize(3);
    assertThat(catalog.asyncQueries().expireResults(3))
        .hasSize(2)
        .doesNotContainAnyElementsOf(first);
  }

  @Test
  void finishedQueryIsForgottenOnceItsResultIsGone() {
    succeed(1);
    submit(2);
    catalog.asyncQueries().cancel(TENANT, id(2), "query_cancelled", "why");
    submit(3);
    clock.advance(Duration.ofDays(2));
    Instant before = clock.instant().minus(Duration.ofDays(1));

    assertThat(catalog.asyncQueries().forgetFinished(before, 10)).isEqualTo(1);
    assertThat(catalog.asyncQueries().find(TENANT, id(2))).isEmpty();
    assertThat(find(1).state()).isEqualTo(QueryState.SUCCEEDED);
    catalog.asyncQueries().resultsDeleted(catalog.asyncQueries().expireResults(10));
    assertThat(catalog.asyncQueries().forgetFinished(before, 10)).isEqualTo(1);
    assertThat(catalog.asyncQueries().find(TENANT, id(1))).isEmpty();
    assertThat(find(3).state()).isEqualTo(QueryState.QUEUED);
  }

  @Test
  void waitingForAQueryEndsWhenAnotherProcessEndsIt() throws Exception {
    ClaimedQuery claimed = submitAndClaim(1, "a");
    Catalog other = open();
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      Future<QueryState> waited =
          executor.submit(
              () -> other.asyncQueries().await(TENANT, id(1), LONG).orElseThrow().state());

      catalog.asyncQueries().registerResult(claimed, "default/query-results/1");
      catalog.asyncQueries().finish(claimed, success());

      assertThat(waited.get()).isEqualTo(QueryState.SUCCEEDED);
    }
  }

  @Test
  void waitingForAQueryEndsWithItsTime() throws Exception {
    submit(1);

    assertThat(catalog.asyncQueries().await(TENANT, id(1), Duration.ofMillis(1)))
        .hasValueSatisfying(query -> assertThat(query.state()).isEqualTo(QueryState.QUEUED));
    assertThat(catalog.asyncQueries().await(TENANT, id(2), LONG)).isEmpty();
  }

  @Test
  void whoeverRunsQueriesHearsThatOneIsQueued() throws Exception {
    Catalog other = open();
    other.asyncQueries().awaitQueued(Duration.ofMillis(1));
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      Future<Integer> claimed =
          executor.submit(
              () -> {
                List<ClaimedQuery> queries = List.of();
                long deadline = System.nanoTime() + LONG.toNanos();
                while (queries.isEmpty() && System.nanoTime() < deadline) {
                  other.asyncQueries().awaitQueued(LONG);
                  queries = other.asyncQueries().claim("b", 1, 10, LEASE);
                }
                return queries.size();
              });

      submit(1);

      assertThat(claimed.get()).isEqualTo(1);
    }
  }

  @Test
  void wishToCancelReachesTheProcessThatRunsTheQuery() throws Exception {
    Catalog other = open();
    other
        .asyncQueries()
        .listen(
            (tenant, id, keyId) ->
                tenant.equals(TENANT) && id.equals(id(1)) && "key-1".equals(keyId));

    assertThat(signalUntilHeard()).isTrue();
    assertThat(catalog.asyncQueries().signalCancel(TENANT, id(1), "key-2", Duration.ofMillis(50)))
        .isFalse();
    assertThat(catalog.asyncQueries().signalCancel(TENANT, id(2), "key-1", Duration.ofMillis(50)))
        .isFalse();
  }

  private boolean signalUntilHeard() throws InterruptedException {
    long deadline = System.nanoTime() + LONG.toNanos();
    boolean heard = false;
    while (!heard && System.nanoTime() < deadline) {
      heard = catalog.asyncQueries().signalCancel(TENANT, id(1), "key-1", Duration.ofMillis(500));
    }
    return heard;
  }
}

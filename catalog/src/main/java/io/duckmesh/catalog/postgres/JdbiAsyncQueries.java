package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.AsyncQueries;
import io.duckmesh.catalog.AsyncQuery;
import io.duckmesh.catalog.CancelListener;
import io.duckmesh.catalog.ClaimedQuery;
import io.duckmesh.catalog.QueryDraft;
import io.duckmesh.catalog.QueryEnding;
import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.QueryIdTakenException;
import io.duckmesh.catalog.QueryProgress;
import io.duckmesh.catalog.QueryQueueFullException;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.QueryState;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.StoredResult;
import io.duckmesh.catalog.TenantId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

final class JdbiAsyncQueries implements AsyncQueries {
  private final Database database;
  private final Clock clock;
  private final QuerySignals signals;
  private final JdbiQueryHistory history;

  JdbiAsyncQueries(Database database, Clock clock, QuerySignals signals, JdbiQueryHistory history) {
    this.database = database;
    this.clock = clock;
    this.signals = signals;
    this.history = history;
  }

  @Override
  public AsyncQuery submit(QueryDraft draft, int maxQueued) {
    String tenant = draft.tenant().value();
    return database.inTransaction(
        "submit query " + draft.id(),
        handle -> {
          AsyncQueryDao dao = handle.attach(AsyncQueryDao.class);
          dao.lockSubmission(tenant);
          Optional<AsyncQueryDao.State> earlier = dao.lock(tenant, draft.id().value());
          if (earlier.isPresent()) {
            if (!earlier.get().requestHash().equals(draft.requestHash())) {
              throw new QueryIdTakenException(draft.id());
            }
            return dao.find(tenant, draft.id().value()).orElseThrow();
          }
          int queued = dao.countQueued(tenant);
          if (queued >= maxQueued) {
            throw new QueryQueueFullException(draft.tenant(), queued);
          }
          if (insert(dao, draft) == 0) {
            throw new IllegalArgumentException("Tenant does not exist: " + draft.tenant());
          }
          dao.tell(QuerySignals.QUEUED);
          return dao.find(tenant, draft.id().value()).orElseThrow();
        });
  }

  private int insert(AsyncQueryDao dao, QueryDraft draft) {
    return dao.insert(
        draft.tenant().value(),
        draft.id().value(),
        draft.keyId(),
        draft.format(),
        draft.requestHash().high(),
        draft.requestHash().low(),
        draft.request(),
        draft.text().sql(),
        draft.text().sqlLength(),
        draft.text().parameterCount(),
        now());
  }

  @Override
  public Optional<AsyncQuery> find(TenantId tenant, QueryId id) {
    return database.call(
        "find query " + id, AsyncQueryDao.class, dao -> dao.find(tenant.value(), id.value()));
  }

  @Override
  public Optional<AsyncQuery> await(TenantId tenant, QueryId id, Duration timeout)
      throws InterruptedException {
    return signals.awaitEnd(tenant, id, timeout, () -> find(tenant, id));
  }

  @Override
  public Optional<AsyncQuery> cancel(TenantId tenant, QueryId id, String outcome, String error) {
    Optional<AsyncQuery> waiting = find(tenant, id);
    if (waiting.isEmpty()) {
      return waiting;
    }
    history.ensurePlace(waiting.get().record());
    Instant now = now();
    return database.inTransaction(
        "cancel query " + id,
        handle -> {
          AsyncQueryDao dao = handle.attach(AsyncQueryDao.class);
          Optional<AsyncQueryDao.State> locked = dao.lock(tenant.value(), id.value());
          if (locked.isPresent() && locked.get().state() == QueryState.QUEUED) {
            dao.cancelQueued(tenant.value(), id.value(), outcome, error, now);
            recordEnded(handle, tenant, id);
            dao.tell(QuerySignals.ended(tenant, id));
          } else if (locked.isPresent() && locked.get().state() == QueryState.RUNNING) {
            dao.requestCancel(tenant.value(), id.value());
            dao.tell(QuerySignals.cancel("-", tenant, id, null));
          }
          return dao.find(tenant.value(), id.value());
        });
  }

  @Override
  public List<ClaimedQuery> claim(String owner, int limit, int maxRunning, Duration lease) {
    return database.inTransaction(
        "claim queries",
        handle -> {
          AsyncQueryDao dao = handle.attach(AsyncQueryDao.class);
          dao.lockClaims();
          return dao.claim(owner, limit, maxRunning, lease.toMillis(), now()).stream()
              .map(id -> dao.loadClaimed(id.tenantId(), id.queryId()))
              .toList();
        });
  }

  @Override
  public boolean registerResult(ClaimedQuery claimed, String objectKey) {
    return database.call(
            "register the result of query " + claimed.query().id(),
            AsyncQueryDao.class,
            dao ->
                dao.registerResult(
                    claimed.query().tenant().value(),
                    claimed.query().id().value(),
                    claimed.owner(),
                    objectKey))
        == 1;
  }

  @Override
  public List<QueryId> keep(String owner, List<QueryProgress> running, Duration lease) {
    if (running.isEmpty()) {
      return List.of();
    }
    List<AsyncQueryDao.@Nullable Id> kept =
        database.call(
            "keep %d queries".formatted(running.size()),
            AsyncQueryDao.class,
            dao ->
                dao.keep(
                    owner,
                    texts(running, query -> query.tenant().value()),
                    texts(running, query -> query.id().toString()),
                    texts(running, QueryProgress::phase),
                    nullableTexts(running, QueryProgress::progress),
                    nullableTexts(running, QueryProgress::snapshot),
                    longs(running, QueryProgress::rowCount),
                    longs(running, QueryProgress::byteCount),
                    lease.toMillis()));
    Set<AsyncQueryDao.@Nullable Id> goOn = new HashSet<>(kept);
    return running.stream()
        .filter(
            query ->
                !goOn.contains(new AsyncQueryDao.Id(query.tenant().value(), query.id().value())))
        .map(QueryProgress::id)
        .toList();
  }

  private static String[] texts(
      List<QueryProgress> running, Function<QueryProgress, String> column) {
    return running.stream().map(column).toArray(String[]::new);
  }

  private static @Nullable String[] nullableTexts(
      List<QueryProgress> running, Function<QueryProgress, ? extends @Nullable Object> column) {
    @Nullable String[] texts = new String[running.size()];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = Objects.toString(column.apply(running.get(i)), null);
    }
    return texts;
  }

  private static long[] longs(List<QueryProgress> running, ToLongFunction<QueryProgress> column) {
    return running.stream().mapToLong(column).toArray();
  }

  @Override
  public boolean finish(ClaimedQuery claimed, QueryEnding ending) {
    QueryRecord asked = claimed.query().record();
    history.ensurePlace(asked);
    Instant now = now();
    SnapshotId snapshot = ending.snapshot();
    return database.inTransaction(
        "finish query " + asked.id(),
        handle -> {
          AsyncQueryDao dao = handle.attach(AsyncQueryDao.class);
          int finished =
              dao.finish(
                  asked.tenant().value(),
                  asked.id().value(),
                  claimed.owner(),
                  ending.state().name().toLowerCase(Locale.ROOT),
                  ending.outcome(),
                  ending.error(),
                  now,
                  snapshot == null ? null : snapshot.value(),
                  ending.tables().toArray(String[]::new),
                  ending.stats().rowCount(),
                  ending.stats().byteCount(),
                  ending.stats().truncated(),
                  now.plus(ending.keepResult()));
          if (finished == 0) {
            return false;
          }
          JdbiQueryHistory.record(
              handle,
              List.of(
                  new QueryRecord(
                      asked.id(),
                      asked.tenant(),
                      asked.keyId(),
                      null,
                      QueryRecord.Mode.ASYNC,
                      ending.state(),
                      asked.text(),
                      asked.submittedAt(),
                      asked.startedAt(),
                      now,
                      snapshot,
                      ending.tables(),
                      ending.outcome(),
                      ending.stats())));
          dao.tell(QuerySignals.ended(asked.tenant(), asked.id()));
          // One more of the tenant may run.
          dao.tell(QuerySignals.QUEUED);
          return true;
        });
  }

  @Override
  public boolean requeue(ClaimedQuery claimed) {
    return database.inTransaction(
        "requeue query " + claimed.query().id(),
        handle -> {
          AsyncQueryDao dao = handle.attach(AsyncQueryDao.class);
          int requeued =
              dao.requeue(
                  claimed.query().tenant().value(), claimed.query().id().value(), claimed.owner());
          dao.tell(QuerySignals.QUEUED);
          return requeued == 1;
        });
  }

  @Override
  public List<AsyncQuery> failLost(String outcome, String error, Duration keepResult, int limit) {
    List<LocalDate> days =
        database.call("find lost queries", AsyncQueryDao.class, AsyncQueryDao::daysOfLost);
    if (days.isEmpty()) {
      return List.of();
    }
    days.forEach(history::ensurePlace);
    String[] texts = days.stream().map(LocalDate::toString).toArray(String[]::new);
    Instant now = now();
    return database.inTransaction(
        "fail lost queries",
        handle -> {
          AsyncQueryDao dao = handle.attach(AsyncQueryDao.class);
          List<AsyncQuery> lost =
              dao.failLost(outcome, error, now, now.plus(keepResult), texts, limit).stream()
                  .map(id -> dao.find(id.tenantId(), id.queryId()).orElseThrow())
                  .toList();
          for (AsyncQuery query : lost) {
            recordEnded(handle, query.tenant(), query.id());
            dao.tell(QuerySignals.ended(query.tenant(), query.id()));
          }
          if (!lost.isEmpty()) {
            dao.tell(QuerySignals.QUEUED);
          }
          return lost;
        });
  }

  private static void recordEnded(Handle handle, TenantId tenant, QueryId id) {
    AsyncQuery ended =
        handle.attach(AsyncQueryDao.class).find(tenant.value(), id.value()).orElseThrow();
    JdbiQueryHistory.record(handle, List.of(ended.record()));
  }

  @Override
  public List<StoredResult> expireResults(int limit) {
    return database.call(
        "expire results of queries", AsyncQueryDao.class, dao -> dao.expireResults(now(), limit));
  }

  @Override
  public void resultsDeleted(Collection<StoredResult> results) {
    String[] keys = results.stream().map(StoredResult::objectKey).toArray(String[]::new);
    database.withHandle(
        "forget %d results of queries".formatted(keys.length),
        handle -> {
          handle.attach(AsyncQueryDao.class).forgetResults(keys);
          return keys;
        });
  }

  @Override
  public int forgetFinished(Instant before, int limit) {
    return database.call(
        "forget finished queries", AsyncQueryDao.class, dao -> dao.forgetFinished(before, limit));
  }

  @Override
  public void awaitQueued(Duration timeout) throws InterruptedException {
    signals.awaitQueued(timeout);
  }

  @Override
  public boolean signalCancel(TenantId tenant, QueryId id, @Nullable String keyId, Duration timeout)
      throws InterruptedException {
    return signals.askToCancel(tenant, id, keyId, timeout);
  }

  @Override
  public void listen(CancelListener listener) {
    signals.listen(listener);
  }

  /** As exact as the database keeps times, so that what is answered is what is read later. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}

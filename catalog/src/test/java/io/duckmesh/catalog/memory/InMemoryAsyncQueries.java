package io.duckmesh.catalog.memory;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingInt;

import io.duckmesh.catalog.AsyncQueries;
import io.duckmesh.catalog.AsyncQuery;
import io.duckmesh.catalog.CancelListener;
import io.duckmesh.catalog.ClaimedQuery;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.QueryDraft;
import io.duckmesh.catalog.QueryEnding;
import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.QueryIdTakenException;
import io.duckmesh.catalog.QueryProgress;
import io.duckmesh.catalog.QueryQueueFullException;
import io.duckmesh.catalog.QueryReads;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.QueryState;
import io.duckmesh.catalog.QueryStats;
import io.duckmesh.catalog.QueryTimes;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.StoredResult;
import io.duckmesh.catalog.TenantId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Leases count by real time, as those of a database do, which has a clock of its own. */
final class InMemoryAsyncQueries implements AsyncQueries {
  private final State state;
  private final Clock clock;
  private boolean closed;

  InMemoryAsyncQueries(State state, Clock clock) {
    this.state = state;
    this.clock = clock;
  }

  /** What the tenant knows a query by. */
  record Key(TenantId tenant, QueryId id) {}

  /** A query with what only its owner and the catalog care for. */
  static final class Entry {
    private final QueryDraft draft;
    private final int number;
    private final Instant submittedAt;
    private QueryState queryState = QueryState.QUEUED;
    private boolean cancelRequested;
    private @Nullable Instant startedAt;
    private @Nullable Instant finishedAt;
    private @Nullable String owner;
    private long leasedUntilNanos;
    private @Nullable String phase;
    private @Nullable Double progress;
    private @Nullable SnapshotId snapshot;
    private List<String> tables = List.of();
    private QueryStats stats = QueryStats.NONE;
    private @Nullable String outcome;
    private @Nullable String error;
    private @Nullable String resultKey;
    private @Nullable Instant deleteResultAt;

    private Entry(QueryDraft draft, int number, Instant submittedAt) {
      this.draft = draft;
      this.number = number;
      this.submittedAt = submittedAt;
    }

    AsyncQuery query() {
      return new AsyncQuery(
          new QueryRecord(
              draft.id(),
              draft.tenant(),
              draft.keyId(),
              null,
              QueryRecord.Mode.ASYNC,
              queryState,
              draft.text(),
              submittedAt,
              startedAt,
              finishedAt,
              snapshot,
              tables,
              outcome,
              stats),
          draft.format(),
          cancelRequested,
          phase,
          progress,
          error,
          resultKey,
          queryState == QueryState.SUCCEEDED ? deleteResultAt : null);
    }

    private void end(QueryState how, String outcome, @Nullable String error, Instant now) {
      queryState = how;
      this.outcome = outcome;
      this.error = error;
      finishedAt = now;
      owner = null;
      phase = null;
    }
  }

  @Override
  public AsyncQuery submit(QueryDraft draft, int maxQueued) {
    return state.locked(
        () -> {
          var unused = state.tenant(draft.tenant());
          Key key = new Key(draft.tenant(), draft.id());
          Entry earlier = state.asyncQueries.get(key);
          if (earlier != null) {
            KeyHash hash = earlier.draft.requestHash();
            if (!hash.equals(draft.requestHash())) {
              throw new QueryIdTakenException(draft.id());
            }
            return labelled(earlier.query());
          }
          int queued = (int) count(draft.tenant(), QueryState.QUEUED);
          if (queued >= maxQueued) {
            throw new QueryQueueFullException(draft.tenant(), queued);
          }
          Entry entry = new Entry(draft, ++state.lastQuery, clock.instant());
          state.asyncQueries.put(key, entry);
          state.queriesQueued = true;
          state.changed.signalAll();
          return labelled(entry.query());
        });
  }

  private long count(TenantId tenant, QueryState queryState) {
    return state.asyncQueries.values().stream()
        .filter(entry -> entry.draft.tenant().equals(tenant) && entry.queryState == queryState)
        .count();
  }

  @Override
  public Optional<AsyncQuery> find(TenantId tenant, QueryId id) {
    return state.locked(
        () ->
            Optional.ofNullable(state.asyncQueries.get(new Key(tenant, id)))
                .map(Entry::query)
                .map(this::labelled));
  }

  private AsyncQuery labelled(AsyncQuery query) {
    var key = state.apiKeys.get(query.record().keyId());
    QueryRecord record = query.record();
    return new AsyncQuery(
        new QueryRecord(
            record.id(),
            record.tenant(),
            record.keyId(),
            key == null ? null : key.label(),
            record.mode(),
            record.state(),
            record.text(),
            record.submittedAt(),
            record.startedAt(),
            record.finishedAt(),
            record.snapshot(),
            record.tables(),
            record.outcome(),
            record.stats()),
        query.format(),
        query.cancelRequested(),
        query.phase(),
        query.progress(),
        query.error(),
        query.resultKey(),
        query.expiresAt());
  }

  @Override
  public Optional<AsyncQuery> await(TenantId tenant, QueryId id, Duration timeout)
      throws InterruptedException {
    awaitUntil(
        timeout,
        () -> {
          Entry entry = state.asyncQueries.get(new Key(tenant, id));
          return entry == null || entry.queryState.isFinished();
        });
    return find(tenant, id);
  }

  private boolean awaitUntil(Duration timeout, BooleanSupplier condition)
      throws InterruptedException {
    state.lock().lock();
    try {
      long left = timeout.toNanos();
      while (!condition.getAsBoolean() && !closed && left > 0) {
        left = state.changed.awaitNanos(left);
      }
      return condition.getAsBoolean();
    } finally {
      state.lock().unlock();
    }
  }

  @Override
  public Optional<AsyncQuery> cancel(TenantId tenant, QueryId id, String outcome, String error) {
    boolean running =
        state.locked(
            () -> {
              Entry entry = state.asyncQueries.get(new Key(tenant, id));
              if (entry == null || entry.queryState.isFinished()) {
                return false;
              }
              entry.cancelRequested = true;
              if (entry.queryState == QueryState.RUNNING) {
                return true;
              }
              entry.end(QueryState.CANCELLED, outcome, error, clock.instant());
              ended(entry);
              return false;
            });
    if (running) {
      for (CancelListener listener : state.locked(() -> List.copyOf(state.cancelListeners))) {
        listener.cancel(tenant, id, null);
      }
    }
    return find(tenant, id);
  }

  private void ended(Entry entry) {
    state.queryHistory.add(entry.query().record());
    state.queriesQueued = true;
    state.changed.signalAll();
  }

  @Override
  public List<ClaimedQuery> claim(String owner, int limit, int maxRunning, Duration lease) {
    return state.locked(
        () -> {
          Map<TenantId, Integer> running = new HashMap<>();
          Map<Entry, Integer> turns = new HashMap<>();
          for (Entry entry : state.asyncQueries.values()) {
            if (entry.queryState == QueryState.RUNNING) {
              running.merge(entry.draft.tenant(), 1, Integer::sum);
            }
          }
          state.asyncQueries.values().stream()
              .filter(entry -> entry.queryState == QueryState.QUEUED)
              .sorted(comparingInt(entry -> entry.number))
              .forEach(
                  entry -> turns.put(entry, running.merge(entry.draft.tenant(), 1, Integer::sum)));
          return turns.entrySet().stream()
              .filter(turn -> turn.getValue() <= maxRunning)
              .sorted(
                  comparing(Map.Entry<Entry, Integer>::getValue)
                      .thenComparing(turn -> turn.getKey().number))
              .limit(limit)
              .map(turn -> claim(turn.getKey(), owner, lease))
              .toList();
        });
  }

  private ClaimedQuery claim(Entry entry, String owner, Duration lease) {
    entry.queryState = QueryState.RUNNING;
    entry.owner = owner;
    entry.leasedUntilNanos = System.nanoTime() + lease.toNanos();
    entry.startedAt = clock.instant();
    return new ClaimedQuery(labelled(entry.query()), owner, entry.draft.request());
  }

  private @Nullable Entry owned(ClaimedQuery claimed) {
    return owned(claimed.query().tenant(), claimed.query().id(), claimed.owner());
  }

  private @Nullable Entry owned(TenantId tenant, QueryId id, String owner) {
    Entry entry = state.asyncQueries.get(new Key(tenant, id));
    return entry != null && owner.equals(entry.owner) ? entry : null;
  }

  @Override
  public boolean registerResult(ClaimedQuery claimed, String objectKey) {
    return state.locked(
        () -> {
          Entry entry = owned(claimed);
          if (entry == null) {
            return false;
          }
          entry.resultKey = objectKey;
          return true;
        });
  }

  @Override
  public List<QueryId> keep(String owner, List<QueryProgress> running, Duration lease) {
    return state.locked(
        () -> {
          List<QueryId> stop = new ArrayList<>();
          for (QueryProgress query : running) {
            Entry entry = owned(query.tenant(), query.id(), owner);
            if (entry != null) {
              entry.leasedUntilNanos = System.nanoTime() + lease.toNanos();
              entry.phase = query.phase();
              entry.progress = query.progress();
              entry.snapshot = query.snapshot();
              entry.stats =
                  new QueryStats(
                      query.rowCount(), query.byteCount(), false, QueryReads.NONE, QueryTimes.NONE);
            }
            if (entry == null || entry.cancelRequested) {
              stop.add(query.id());
            }
          }
          return stop;
        });
  }

  @Override
  public boolean finish(ClaimedQuery claimed, QueryEnding ending) {
    return state.locked(
        () -> {
          Entry entry = owned(claimed);
          if (entry == null) {
            return false;
          }
          if (ending.state() == QueryState.SUCCEEDED && entry.resultKey == null) {
            throw new IllegalStateException("Query %s has no result".formatted(entry.draft.id()));
          }
          Instant now = clock.instant();
          entry.end(ending.state(), ending.outcome(), ending.error(), now);
          entry.snapshot = ending.snapshot();
          entry.tables = ending.tables();
          entry.stats = ending.stats();
          entry.progress = ending.state() == QueryState.SUCCEEDED ? (Double) 1.0 : entry.progress;
          entry.deleteResultAt = now.plus(ending.keepResult());
          ended(entry);
          return true;
        });
  }

  @Override
  public boolean requeue(ClaimedQuery claimed) {
    return state.locked(
        () -> {
          Entry entry = owned(claimed);
          if (entry == null || entry.cancelRequested) {
            return false;
          }
          entry.queryState = QueryState.QUEUED;
          entry.owner = null;
          entry.startedAt = null;
          entry.phase = null;
          entry.progress = null;
          entry.snapshot = null;
          entry.stats = QueryStats.NONE;
          entry.resultKey = null;
          state.queriesQueued = true;
          state.changed.signalAll();
          return true;
        });
  }

  @Override
  public List<AsyncQuery> failLost(String outcome, String error, Duration keepResult, int limit) {
    return state.locked(
        () -> {
          List<AsyncQuery> lost = new ArrayList<>();
          Instant now = clock.instant();
          for (Entry entry : state.asyncQueries.values()) {
            if (entry.queryState == QueryState.RUNNING
                && entry.leasedUntilNanos - System.nanoTime() <= 0
                && lost.size() < limit) {
              entry.end(QueryState.FAILED, outcome, error, now);
              entry.deleteResultAt = now.plus(keepResult);
              ended(entry);
              lost.add(labelled(entry.query()));
            }
          }
          return lost;
        });
  }

  @Override
  public List<StoredResult> expireResults(int limit) {
    return state.locked(
        () -> {
          List<StoredResult> over = new ArrayList<>();
          for (Entry entry : state.asyncQueries.values()) {
            String key = entry.resultKey;
            Instant deleteAt = entry.deleteResultAt;
            if (key == null || deleteAt == null || deleteAt.isAfter(clock.instant())) {
              continue;
            }
            if (over.size() < limit) {
              if (entry.queryState == QueryState.SUCCEEDED) {
                entry.queryState = QueryState.EXPIRED;
              }
              over.add(new StoredResult(entry.draft.tenant(), entry.draft.id(), key));
            }
          }
          return over;
        });
  }

  @Override
  public void resultsDeleted(Collection<StoredResult> results) {
    List<String> keys = results.stream().map(StoredResult::objectKey).toList();
    state.locked(
        () -> {
          for (Entry entry : state.asyncQueries.values()) {
            if (entry.queryState.isFinished()
                && entry.queryState != QueryState.SUCCEEDED
                && keys.contains(Objects.requireNonNullElse(entry.resultKey, ""))) {
              entry.resultKey = null;
            }
          }
          return keys;
        });
  }

  @Override
  public int forgetFinished(Instant before, int limit) {
    return state.locked(
        () -> {
          List<Key> forgotten =
              state.asyncQueries.entrySet().stream()
                  .filter(
                      query -> {
                        Instant finishedAt = query.getValue().finishedAt;
                        return query.getValue().resultKey == null
                            && finishedAt != null
                            && finishedAt.isBefore(before);
                      })
                  .map(Map.Entry::getKey)
                  .limit(limit)
                  .toList();
          forgotten.forEach(state.asyncQueries::remove);
          return forgotten.size();
        });
  }

  @Override
  public void awaitQueued(Duration timeout) throws InterruptedException {
    awaitUntil(timeout, () -> state.queriesQueued);
    state.locked(() -> state.queriesQueued = false);
  }

  @Override
  public boolean signalCancel(
      TenantId tenant, QueryId id, @Nullable String keyId, Duration timeout) {
    boolean here = false;
    for (CancelListener listener : state.locked(() -> List.copyOf(state.cancelListeners))) {
      here |= listener.cancel(tenant, id, keyId);
    }
    return here;
  }

  @Override
  public void listen(CancelListener listener) {
    state.locked(() -> state.cancelListeners.add(listener));
  }

  void close() {
    state.locked(
        () -> {
          closed = true;
          state.changed.signalAll();
          return closed;
        });
  }
}

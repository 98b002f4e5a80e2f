package io.duckmesh.api.query;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.CancelListener;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.TenantId;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The queries that this gateway runs, by their ids. May be used from any thread. */
public final class RunningQueries implements CancelListener {
  private final Clock clock;
  private final Map<Key, TrackedQuery> queries = new ConcurrentHashMap<>();

  /** Hears of cancellations at other gateways from now on. */
  public RunningQueries(Catalog catalog, Clock clock) {
    this.clock = clock;
    catalog.asyncQueries().listen(this);
  }

  private record Key(TenantId tenant, QueryId id) {}

  /**
   * Begins a query that its client waits for; it is known until it is closed.
   *
   * @throws ProblemException {@link ApiError#IDEMPOTENCY_CONFLICT} if the tenant has a query of
   *     that id running here
   */
  TrackedQuery begin(QueryId id, Caller caller, QueryPhases phases) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    return begin(id, caller, QueryRecord.Mode.SYNC, now, now, phases);
  }

  /** Begins a query that was submitted; it is known until it is closed. */
  TrackedQuery begin(
      QueryId id,
      Caller caller,
      QueryRecord.Mode mode,
      Instant submittedAt,
      Instant startedAt,
      QueryPhases phases) {
    Key key = new Key(caller.tenant(), id);
    TrackedQuery query =
        new TrackedQuery(
            id, caller, mode, submittedAt, startedAt, phases, () -> queries.remove(key));
    if (queries.putIfAbsent(key, query) != null) {
      throw new ProblemException(
          ApiError.IDEMPOTENCY_CONFLICT,
          "Query id %s belongs to a query that is running".formatted(id),
          Map.of("query_id", id.toString()));
    }
    return query;
  }

  Optional<TrackedQuery> find(TenantId tenant, QueryId id) {
    return Optional.ofNullable(queries.get(new Key(tenant, id))).filter(TrackedQuery::isAsked);
  }

  /** Queries of the tenant whose clients wait for them. */
  List<TrackedQuery> listSync(TenantId tenant) {
    return queries.values().stream()
        .filter(
            query ->
                query.caller().tenant().equals(tenant)
                    && query.mode() == QueryRecord.Mode.SYNC
                    && query.isAsked())
        .toList();
  }

  /** Queries of all tenants that were begun before that time. */
  List<TrackedQuery> startedBefore(Instant time) {
    return queries.values().stream().filter(query -> query.isOlderThan(time)).toList();
  }

  /** How many of that kind run. */
  public long count(QueryRecord.Mode mode) {
    return queries.values().stream().filter(query -> query.mode() == mode).count();
  }

  @Override
  public boolean cancel(TenantId tenant, QueryId id, @Nullable String keyId) {
    TrackedQuery query = queries.get(new Key(tenant, id));
    if (query == null || (keyId != null && !keyId.equals(query.caller().keyId()))) {
      return false;
    }
    query.stop(TrackedQuery.Stop.CANCELLED);
    return true;
  }
}

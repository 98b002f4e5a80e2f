package io.duckmesh.api.query;

import static java.util.Objects.requireNonNull;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.json.Durations;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.query.QueryPhases.Phase;
import io.duckmesh.api.receipt.Barrier;
import io.duckmesh.api.receipt.Positions;
import io.duckmesh.api.receipt.ReceiptState;
import io.duckmesh.api.receipt.VisibilityTokens;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.QueryCancellation;
import io.duckmesh.engine.query.QueryEngine;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryLimits;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Prepares and starts queries for callers, without knowing how they were asked for or how they are
 * answered. May be used from any thread.
 */
public final class Queries {
  private final Catalog catalog;
  private final QueryEngine engine;
  private final TableBinder binder;
  private final Barrier barrier;
  private final VisibilityTokens tokens;
  private final NewestSeen newest = new NewestSeen();

  public Queries(
      Catalog catalog,
      QueryEngine engine,
      TableBinder binder,
      Barrier barrier,
      VisibilityTokens tokens) {
    this.catalog = catalog;
    this.engine = engine;
    this.binder = binder;
    this.barrier = barrier;
    this.tokens = tokens;
  }

  /**
   * Checks the statement alone; whether its tables are there is not asked.
   *
   * @throws io.duckmesh.engine.query.QueryRejectedException if it is not allowed
   */
  void check(String sql) {
    var unused = engine.check(sql);
  }

  /**
   * Checks the statement, waits until the writes of its tokens are visible, and finds its snapshot
   * and tables. Nothing has to be freed afterwards.
   *
   * @param phases of this query; the phases up to {@link Phase#BIND} are noted, also if this throws
   * @throws ProblemException if the request can not be met
   * @throws io.duckmesh.engine.query.QueryRejectedException if the statement is not allowed
   */
  PreparedQuery prepare(String queryId, Caller caller, QueryRequest asked, QueryPhases phases)
      throws InterruptedException {
    try {
      phases.enter(Phase.CHECK);
      Positions needed = positions(caller, asked.tokens());
      CheckedQuery checked = engine.check(asked.sql());
      phases.enter(Phase.WAIT);
      passBarrier(needed, asked);
      phases.enter(Phase.BIND);
      TableBinder.Bound bound = bind(caller, asked, checked, needed);
      CheckedQuery complete =
          checked.listsTables()
              ? checked.listing(binder.list(caller.tenant(), bound.snapshot()))
              : checked;
      return new PreparedQuery(
          queryId,
          caller,
          asked,
          complete,
          bound.snapshot(),
          bound.tables(),
          bound.reads(),
          phases);
    } finally {
      phases.end();
    }
  }

  /**
   * Starts the query: waits for a slot and for files, and computes the first rows. The caller
   * closes what is returned, which frees the slot.
   *
   * @param cancellation cancels it from now on, also while it starts
   */
  RunningQuery start(PreparedQuery query, QueryCancellation cancellation) {
    query.phases().enter(Phase.START);
    try {
      QueryExecution execution =
          engine.start(
              query.queryId(),
              query.caller().tenant().value(),
              query.checked(),
              query.tables(),
              query.asked().parameters(),
              limits(query),
              cancellation,
              query.phases().meter());
      return new RunningQuery(query, execution);
    } finally {
      query.phases().end();
    }
  }

  /**
   * Who names a snapshot may come again for the same bytes, and gets them where one thread makes a
   * difference; who reads the newest one wants it soon.
   */
  private static QueryLimits limits(PreparedQuery query) {
    QueryRequest asked = query.asked();
    Boolean said = asked.repeatable();
    boolean repeatable = said == null ? asked.atFixedSnapshot() : said;
    return repeatable && !query.checked().ordered()
        ? asked.limits().withOneThread()
        : asked.limits();
  }

  /**
   * The tag of the query's answer, null if the same query may have another answer another time. It
   * changes when a table that the query names does, and not with other tables.
   */
  @Nullable String tag(PreparedQuery query, AnswerFormat format) {
    return AnswerTag.of(query, format, engine.version());
  }

  private Positions positions(Caller caller, List<String> texts) {
    List<Positions> all = new ArrayList<>(texts.size());
    for (String token : texts) {
      all.add(tokens.decode(caller.tenant(), token));
    }
    return Positions.covering(all);
  }

  private void passBarrier(Positions needed, QueryRequest asked) throws InterruptedException {
    if (needed.isEmpty() || barrier.await(needed, asked.maxWait())) {
      return;
    }
    Map<String, Object> shards = new TreeMap<>();
    for (Map.Entry<ShardId, Long> entry : needed.byShard().entrySet()) {
      Map<String, Object> shard = new LinkedHashMap<>();
      shard.put("needed", entry.getValue());
      shard.put("current", catalog.watermarks().load(entry.getKey()).position());
      shards.put(entry.getKey().value(), shard);
    }
    throw new ProblemException(
        ApiError.CONSISTENCY_TIMEOUT,
        "The write of the token is durable and was not visible within %s; ask again, or wait longer"
            .formatted(Durations.format(asked.maxWait())),
        Map.of("shards", shards));
  }

  private TableBinder.Bound bind(
      Caller caller, QueryRequest asked, CheckedQuery checked, Positions needed) {
    SnapshotId id = asked.snapshotId();
    Instant asOf = asked.asOf();
    if (id == null && asOf == null) {
      return bindNewest(caller.tenant(), asked, checked, needed);
    }
    Snapshot snapshot =
        id != null
            ? binder.load(caller.tenant(), id)
            : binder.asOf(caller.tenant(), requireNonNull(asOf));
    if (!needed.isEmpty()) {
      checkNotOlder(snapshot, barrier.state(needed));
    }
    return binder.bind(caller.tenant(), snapshot, checked.tables());
  }

  /** Writes that were waited for are younger than what was seen before, so then it is asked. */
  private TableBinder.Bound bindNewest(
      TenantId tenant, QueryRequest asked, CheckedQuery checked, Positions needed) {
    Duration staleness = asked.maxStaleness();
    if (staleness != null && needed.isEmpty()) {
      Snapshot seen = newest.within(tenant, staleness);
      if (seen != null) {
        return binder.bind(tenant, seen, checked.tables());
      }
    }
    long askedNanos = System.nanoTime();
    TableBinder.Bound bound = binder.bindNewest(tenant, checked.tables());
    newest.saw(bound.snapshot(), askedNanos);
    return bound;
  }

  private static void checkNotOlder(Snapshot snapshot, ReceiptState state) {
    Snapshot needed = state.snapshot();
    if (needed != null && snapshot.id().compareTo(needed.id()) < 0) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "Snapshot %s is older than the write of the token, which snapshot %s has first"
              .formatted(snapshot.id(), needed.id()),
          Map.of("snapshot_id", snapshot.id().value(), "needed_snapshot_id", needed.id().value()));
    }
  }
}

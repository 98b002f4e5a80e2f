package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.QueryCursor;
import io.duckmesh.catalog.QueryFilter;
import io.duckmesh.catalog.QueryHistory;
import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.QueryState;
import io.duckmesh.catalog.TenantId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

final class JdbiQueryHistory implements QueryHistory {
  /** Before every query that there is. */
  private static final QueryCursor FIRST =
      new QueryCursor(Instant.parse("9999-12-31T00:00:00Z"), new QueryId(new UUID(-1, -1)));

  private static final Instant LONG_AGO = Instant.EPOCH;

  private final Database database;
  private final Clock clock;
  private final DailyPartitions partitions;

  JdbiQueryHistory(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
    this.partitions = new DailyPartitions(database, List.of("query_history"));
  }

  @Override
  public void record(List<QueryRecord> queries) {
    if (queries.isEmpty()) {
      return;
    }
    queries.forEach(this::ensurePlace);
    database.inTransaction(
        "record %d queries".formatted(queries.size()),
        handle -> {
          record(handle, queries);
          return queries;
        });
  }

  /** Makes sure that there is a partition for the query. Needs a transaction of its own. */
  void ensurePlace(QueryRecord query) {
    ensurePlace(day(query.submittedAt()));
  }

  /**
   * Makes sure that there is a partition for queries of the day. Needs a transaction of its own.
   */
  void ensurePlace(LocalDate day) {
    if (day.isBefore(day(clock.instant()))) {
      // It may have waited for longer than the history reaches.
      partitions.ensureAnew(day);
    } else {
      partitions.ensure(day);
    }
  }

  /** Records queries in a transaction of the caller's; each has its place. */
  static void record(Handle handle, List<QueryRecord> queries) {
    handle
        .attach(QueryHistoryDao.class)
        .insert(
            queries.stream()
                .map(query -> QueryHistoryDao.Row.of(query, day(query.submittedAt())))
                .toList());
  }

  @Override
  public Optional<QueryRecord> find(TenantId tenant, QueryId id) {
    return database.call(
        "find query " + id, QueryHistoryDao.class, dao -> dao.find(tenant.value(), id.value()));
  }

  @Override
  public List<QueryRecord> list(
      TenantId tenant, QueryFilter filter, @Nullable QueryCursor after, int limit) {
    QueryCursor before = after == null ? FIRST : after;
    Instant since = filter.since() == null ? LONG_AGO : filter.since();
    QueryState state = filter.state();
    Duration slowerThan = filter.slowerThan();
    return database.call(
        "list queries of tenant " + tenant,
        QueryHistoryDao.class,
        dao ->
            dao.list(
                tenant.value(),
                filter.keyId(),
                state == null ? null : state.name().toLowerCase(Locale.ROOT),
                filter.outcome(),
                slowerThan == null ? null : slowerThan.dividedBy(ChronoUnit.MICROS.getDuration()),
                slowerThan == null ? null : clock.instant().minus(slowerThan),
                since,
                day(since),
                before.submittedAt(),
                before.id().value(),
                day(before.submittedAt()),
                limit));
  }

  @Override
  public void forgetBefore(LocalDate day) {
    partitions.dropBefore(day);
  }

  private static LocalDate day(Instant instant) {
    return LocalDate.ofInstant(instant, ZoneOffset.UTC);
  }
}

package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.AsyncQuery;
import io.duckmesh.catalog.ClaimedQuery;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.QueryState;
import io.duckmesh.catalog.StoredResult;
import io.duckmesh.catalog.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

@RegisterRowMapper(AsyncQueryDao.AsyncQueryMapper.class)
@RegisterRowMapper(AsyncQueryDao.ClaimedQueryMapper.class)
@RegisterRowMapper(AsyncQueryDao.IdMapper.class)
@RegisterRowMapper(AsyncQueryDao.StateMapper.class)
@RegisterRowMapper(AsyncQueryDao.StoredResultMapper.class)
interface AsyncQueryDao {
  /** Makes those that submit for the tenant wait for each other, so that a limit is one. */
  @SqlQuery(
      """
      SELECT true
      FROM pg_advisory_xact_lock(hashtextextended('catalog.async_query ' || :tenantId, 0))
      """)
  boolean lockSubmission(String tenantId);

  /** Makes those that claim wait for each other, so that a limit is one. */
  @SqlQuery(
      """
      SELECT true
      FROM pg_advisory_xact_lock(hashtextextended('catalog.async_query', 0))
      """)
  boolean lockClaims();

  @SqlQuery(
      """
      SELECT state, cancel_requested, request_high, request_low
      FROM catalog.async_query
      WHERE tenant_id = :tenantId
        AND query_id = :queryId
      FOR UPDATE
      """)
  Optional<State> lock(String tenantId, UUID queryId);

  @SqlQuery(
      """
      SELECT count(*)
      FROM catalog.async_query
      WHERE tenant_id = :tenantId
        AND state = 'queued'
      """)
  int countQueued(String tenantId);

  @SqlUpdate(
      """
      INSERT INTO catalog.async_query
        (tenant_id, query_id, key_id, format, request_high, request_low, request, sql, sql_length,
         parameter_count, submitted_at)
      SELECT t.tenant_id, :queryId, :keyId, :format, :requestHigh, :requestLow, :request, :sql,
             :sqlLength, :parameterCount, :now
      FROM catalog.tenant t
      WHERE t.tenant_id = :tenantId
      """)
  int insert(
      String tenantId,
      UUID queryId,
      String keyId,
      String format,
      long requestHigh,
      long requestLow,
      String request,
      String sql,
      int sqlLength,
      int parameterCount,
      Instant now);

  @SqlQuery(
      """
      SELECT *
      FROM catalog.async_query_with_stats
      WHERE tenant_id = :tenantId
        AND query_id = :queryId
      """)
  Optional<AsyncQuery> find(String tenantId, UUID queryId);

  @SqlQuery(
      """
      SELECT *
      FROM catalog.async_query_with_stats
      WHERE tenant_id = :tenantId
        AND query_id = :queryId
        AND owner IS NOT NULL
      """)
  ClaimedQuery loadClaimed(String tenantId, UUID queryId);

  /** The outer condition on the state is for queries that are cancelled meanwhile. */
  @SqlQuery(
      """
      WITH running AS (
        SELECT tenant_id, count(*) AS running
        FROM catalog.async_query
        WHERE state = 'running'
        GROUP BY tenant_id
      ), waiting AS (
        SELECT q.tenant_id, q.query_id, q.number,
               coalesce(r.running, 0)
                 + row_number() OVER (PARTITION BY q.tenant_id ORDER BY q.number) AS turn
        FROM catalog.async_query q
        LEFT JOIN running r USING (tenant_id)
        WHERE q.state = 'queued'
      ), chosen AS (
        SELECT tenant_id, query_id, turn, number
        FROM waiting
        WHERE turn <= :maxRunning
        ORDER BY turn, number
        LIMIT :limit
      ), claimed AS (
        UPDATE catalog.async_query q
        SET state = 'running',
            owner = :owner,
            leased_until = clock_timestamp() + :leaseMs * interval '1 millisecond',
            started_at = :now
        FROM chosen c
        WHERE q.tenant_id = c.tenant_id
          AND q.query_id = c.query_id
          AND q.state = 'queued'
        RETURNING q.tenant_id, q.query_id, c.turn, c.number
      )
      SELECT tenant_id, query_id
      FROM claimed
      ORDER BY turn, number
      """)
  List<Id> claim(String owner, int limit, int maxRunning, long leaseMs, Instant now);

  @SqlUpdate(
      """
      UPDATE catalog.async_query
      SET result_key = :objectKey
      WHERE tenant_id = :tenantId
        AND query_id = :queryId
        AND owner = :owner
      """)
  int registerResult(String tenantId, UUID queryId, String owner, String objectKey);

  /** Answers with those that are still the owner's and not to be cancelled. */
  @SqlQuery(
      """
      UPDATE catalog.async_query q
      SET leased_until = clock_timestamp() + :leaseMs * interval '1 millisecond',
          phase = p.phase,
          progress = CAST(p.progress AS double precision),
          snapshot_id = CAST(p.snapshot_id AS bigint),
          row_count = p.row_count,
          byte_count = p.byte_count
      FROM unnest(:tenantIds, CAST(:queryIds AS uuid[]), :phases, :progresses, :snapshotIds,
                  :rowCounts, :byteCounts)
        AS p(tenant_id, query_id, phase, progress, snapshot_id, row_count, byte_count)
      WHERE q.tenant_id = p.tenant_id
        AND q.query_id = p.query_id
        AND q.owner = :owner
      RETURNING q.tenant_id, CASE WHEN q.cancel_requested THEN NULL ELSE q.query_id END AS query_id
      """)
  List<@Nullable Id> keep(
      String owner,
      String[] tenantIds,
      String[] queryIds,
      String[] phases,
      @Nullable String[] progresses,
      @Nullable String[] snapshotIds,
      long[] rowCounts,
      long[] byteCounts,
      long leaseMs);

  @SqlUpdate(
      """
      UPDATE catalog.async_query
      SET state = :state,
          outcome = :outcome,
          error = :error,
          finished_at = :now,
          request = NULL,
          owner = NULL,
          leased_until = NULL,
          phase = NULL,
          progress = CASE WHEN :state = 'succeeded' THEN 1 ELSE progress END,
          snapshot_id = :snapshotId,
          tables = :tables,
          row_count = :rowCount,
          byte_count = :byteCount,
          truncated = :truncated,
          delete_result_at = :deleteResultAt
      WHERE tenant_id = :tenantId
        AND query_id = :queryId
        AND owner = :owner
      """)
  int finish(
      String tenantId,
      UUID queryId,
      String owner,
      String state,
      String outcome,
      @Nullable String error,
      Instant now,
      @Nullable Long snapshotId,
      String[] tables,
      long rowCount,
      long byteCount,
      boolean truncated,
      Instant deleteResultAt);

  @SqlUpdate(
      """
      UPDATE catalog.async_query
      SET state = 'cancelled',
          outcome = :outcome,
          error = :error,
          finished_at = :now,
          cancel_requested = true,
          request = NULL
      WHERE tenant_id = :tenantId
        AND query_id = :queryId
        AND state = 'queued'
      """)
  int cancelQueued(String tenantId, UUID queryId, String outcome, String error, Instant now);

  @SqlUpdate(
      """
      UPDATE catalog.async_query
      SET cancel_requested = true
      WHERE tenant_id = :tenantId
        AND query_id = :queryId
        AND state = 'running'
      """)
  int requestCancel(String tenantId, UUID queryId);

  @SqlUpdate(
      """
      UPDATE catalog.async_query
      SET state = 'queued',
          owner = NULL,
          leased_until = NULL,
          started_at = NULL,
          phase = NULL,
          progress = NULL,
          snapshot_id = NULL,
          row_count = 0,
          byte_count = 0,
          result_key = NULL
      WHERE tenant_id = :tenantId
        AND query_id = :queryId
        AND owner = :owner
        AND NOT cancel_requested
      """)
  int requeue(String tenantId, UUID queryId, String owner);

  /** Days in UTC on which queries were submitted that are lost now. */
  @SqlQuery(
      """
      SELECT DISTINCT (submitted_at AT TIME ZONE 'UTC')::date
      FROM catalog.async_query
      WHERE state = 'running'
        AND leased_until <= clock_timestamp()
      """)
  List<LocalDate> daysOfLost();

  @SqlQuery(
      """
      WITH lost AS (
        SELECT tenant_id, query_id
        FROM catalog.async_query
        WHERE state = 'running'
          AND leased_until <= clock_timestamp()
          AND (submitted_at AT TIME ZONE 'UTC')::date = ANY (CAST(:days AS date[]))
        ORDER BY leased_until
        LIMIT :limit
        FOR UPDATE SKIP LOCKED
      )
      UPDATE catalog.async_query q
      SET state = 'failed',
          outcome = :outcome,
          error = :error,
          finished_at = :now,
          request = NULL,
          owner = NULL,
          leased_until = NULL,
          phase = NULL,
          delete_result_at = :deleteResultAt
      FROM lost l
      WHERE q.tenant_id = l.tenant_id
        AND q.query_id = l.query_id
      RETURNING q.tenant_id, q.query_id
      """)
  List<Id> failLost(
      String outcome, String error, Instant now, Instant deleteResultAt, String[] days, int limit);

  @SqlQuery(
      """
      WITH over AS (
        SELECT tenant_id, query_id
        FROM catalog.async_query
        WHERE result_key IS NOT NULL
          AND delete_result_at <= :now
        ORDER BY delete_result_at
        LIMIT :limit
        FOR UPDATE SKIP LOCKED
      )
      UPDATE catalog.async_query q
      SET state = CASE WHEN q.state = 'succeeded' THEN 'expired' ELSE q.state END
      FROM over o
      WHERE q.tenant_id = o.tenant_id
        AND q.query_id = o.query_id
      RETURNING q.tenant_id, q.query_id, q.result_key
      """)
  List<StoredResult> expireResults(Instant now, int limit);

  @SqlUpdate(
      """
      UPDATE catalog.async_query
      SET result_key = NULL
      WHERE result_key = ANY (:objectKeys)
        AND state NOT IN ('running', 'succeeded')
      """)
  int forgetResults(String[] objectKeys);

  @SqlUpdate(
      """
      DELETE FROM catalog.async_query
      WHERE (tenant_id, query_id) IN (
        SELECT tenant_id, query_id
        FROM catalog.async_query
        WHERE result_key IS NULL
          AND finished_at < :before
        ORDER BY finished_at
        LIMIT :limit
        FOR UPDATE SKIP LOCKED)
      """)
  int forgetFinished(Instant before, int limit);

  /** Tells all processes when the transaction commits. */
  @SqlQuery(
      """
      SELECT true
      FROM pg_notify('duckmesh_query', :payload)
      """)
  boolean tell(String payload);

  /** Names a query. */
  record Id(String tenantId, UUID queryId) {}

  /** What decides whether a query may be submitted or cancelled. */
  record State(QueryState state, boolean cancelRequested, KeyHash requestHash) {}

  /** Maps a row's name; null where the query's id is null. */
  final class IdMapper implements RowMapper<@Nullable Id> {
    @Override
    public @Nullable Id map(ResultSet row, StatementContext context) throws SQLException {
      UUID queryId = row.getObject("query_id", UUID.class);
      return queryId == null ? null : new Id(row.getString("tenant_id"), queryId);
    }
  }

  /** Maps what is read for a decision. */
  final class StateMapper implements RowMapper<State> {
    @Override
    public State map(ResultSet row, StatementContext context) throws SQLException {
      return new State(
          state(row),
          row.getBoolean("cancel_requested"),
          new KeyHash(row.getLong("request_high"), row.getLong("request_low")));
    }
  }

  /** Maps a row of {@code async_query_with_stats}. */
  final class AsyncQueryMapper implements RowMapper<AsyncQuery> {
    @Override
    public AsyncQuery map(ResultSet row, StatementContext context) throws SQLException {
      QueryState state = state(row);
      @Nullable OffsetDateTime deleteAt = row.getObject("delete_result_at", OffsetDateTime.class);
      return new AsyncQuery(
          QueryHistoryDao.RecordMapper.record(row),
          row.getString("format"),
          row.getBoolean("cancel_requested"),
          row.getString("phase"),
          row.getObject("progress", Double.class),
          row.getString("error"),
          row.getString("result_key"),
          state == QueryState.SUCCEEDED && deleteAt != null ? deleteAt.toInstant() : null);
    }
  }

  /** Maps a row of {@code async_query_with_stats} that has an owner. */
  final class ClaimedQueryMapper implements RowMapper<ClaimedQuery> {
    private final AsyncQueryMapper queries = new AsyncQueryMapper();

    @Override
    public ClaimedQuery map(ResultSet row, StatementContext context) throws SQLException {
      return new ClaimedQuery(
          queries.map(row, context), row.getString("owner"), row.getString("request"));
    }
  }

  /** Maps a row with an object of a result. */
  final class StoredResultMapper implements RowMapper<StoredResult> {
    @Override
    public StoredResult map(ResultSet row, StatementContext context) throws SQLException {
      return new StoredResult(
          new TenantId(row.getString("tenant_id")),
          new QueryId(row.getObject("query_id", UUID.class)),
          row.getString("result_key"));
    }
  }

  private static QueryState state(ResultSet row) throws SQLException {
    return QueryState.valueOf(row.getString("state").toUpperCase(Locale.ROOT));
  }
}

package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.QueryReads;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.QueryState;
import io.duckmesh.catalog.QueryStats;
import io.duckmesh.catalog.QueryText;
import io.duckmesh.catalog.QueryTimes;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jspecify.annotations.Nullable;

@RegisterRowMapper(QueryHistoryDao.RecordMapper.class)
interface QueryHistoryDao {
  @SqlBatch(
      """
      INSERT INTO catalog.query_history
        (day, tenant_id, query_id, key_id, mode, state, outcome, sql, sql_length, parameter_count,
         submitted_at, started_at, finished_at, snapshot_id, tables, row_count, byte_count,
         truncated, file_count, file_bytes, pruned_files, cached_files, downloaded_files,
         downloaded_bytes, parse_us, wait_us, queue_us, bind_us, fetch_us, run_us, write_us)
      VALUES
        (:day, :tenantId, :queryId, :keyId, :mode, :state, :outcome, :sql, :sqlLength,
         :parameterCount, :submittedAt, :startedAt, :finishedAt, :snapshotId, :tables, :rowCount,
         :byteCount, :truncated, :fileCount, :fileBytes, :prunedFiles, :cachedFiles,
         :downloadedFiles, :downloadedBytes, :parseUs, :waitUs, :queueUs, :bindUs, :fetchUs,
         :runUs, :writeUs)
      """)
  void insert(@BindMethods Iterable<Row> rows);

  @SqlQuery(
      """
      SELECT h.*, k.label AS key_label
      FROM catalog.query_history h
      LEFT JOIN catalog.api_key k USING (key_id)
      WHERE h.query_id = :queryId
        AND h.tenant_id = :tenantId
      ORDER BY h.submitted_at DESC
      LIMIT 1
      """)
  Optional<QueryRecord> find(String tenantId, UUID queryId);

  /** Each half stops at the limit by itself, so that both are read by index. */
  @SqlQuery(
      """
      SELECT q.*, k.label AS key_label
      FROM (
        (SELECT query_id, tenant_id, key_id, mode, state, outcome, sql, sql_length, parameter_count,
                submitted_at, started_at, finished_at, snapshot_id, tables, row_count, byte_count,
                truncated, file_count, file_bytes, pruned_files, cached_files, downloaded_files,
                downloaded_bytes, parse_us, wait_us, queue_us, bind_us, fetch_us, run_us, write_us
         FROM catalog.async_query_with_stats
         WHERE tenant_id = :tenantId
           AND state IN ('queued', 'running')
           AND (submitted_at, query_id) < (:beforeAt, :beforeId)
           AND (CAST(:keyId AS text) IS NULL OR key_id = :keyId)
           AND (CAST(:state AS text) IS NULL OR state = :state)
           AND CAST(:outcome AS text) IS NULL
           AND (CAST(:askedBefore AS timestamptz) IS NULL OR submitted_at <= :askedBefore)
           AND submitted_at >= :since
         ORDER BY submitted_at DESC, query_id DESC
         LIMIT :limit)
        UNION ALL
        (SELECT query_id, tenant_id, key_id, mode, state, outcome, sql, sql_length, parameter_count,
                submitted_at, started_at, finished_at, snapshot_id, tables, row_count, byte_count,
                truncated, file_count, file_bytes, pruned_files, cached_files, downloaded_files,
                downloaded_bytes, parse_us, wait_us, queue_us, bind_us, fetch_us, run_us, write_us
         FROM catalog.query_history
         WHERE tenant_id = :tenantId
           AND day BETWEEN :sinceDay AND :beforeDay
           AND (submitted_at, query_id) < (:beforeAt, :beforeId)
           AND (CAST(:keyId AS text) IS NULL OR key_id = :keyId)
           AND (CAST(:state AS text) IS NULL OR state = :state)
           AND (CAST(:outcome AS text) IS NULL OR outcome = :outcome)
           AND (CAST(:slowerThanUs AS bigint) IS NULL
                OR finished_at - submitted_at >= :slowerThanUs * interval '1 microsecond')
           AND submitted_at >= :since
         ORDER BY submitted_at DESC, query_id DESC
         LIMIT :limit)
      ) q
      LEFT JOIN catalog.api_key k USING (key_id)
      ORDER BY q.submitted_at DESC, q.query_id DESC
      LIMIT :limit
      """)
  List<QueryRecord> list(
      String tenantId,
      @Nullable String keyId,
      @Nullable String state,
      @Nullable String outcome,
      @Nullable Long slowerThanUs,
      @Nullable Instant askedBefore,
      Instant since,
      LocalDate sinceDay,
      Instant beforeAt,
      UUID beforeId,
      LocalDate beforeDay,
      int limit);

  /** A row of {@code query_history}. */
  record Row(
      LocalDate day,
      String tenantId,
      UUID queryId,
      String keyId,
      String mode,
      String state,
      String outcome,
      String sql,
      int sqlLength,
      int parameterCount,
      Instant submittedAt,
      @Nullable Instant startedAt,
      Instant finishedAt,
      @Nullable Long snapshotId,
      String[] tables,
      long rowCount,
      long byteCount,
      boolean truncated,
      long fileCount,
      long fileBytes,
      long prunedFiles,
      long cachedFiles,
      long downloadedFiles,
      long downloadedBytes,
      long parseUs,
      long waitUs,
      long queueUs,
      long bindUs,
      long fetchUs,
      long runUs,
      long writeUs) {

    static Row of(QueryRecord query, LocalDate day) {
      Instant finishedAt = query.finishedAt();
      String outcome = query.outcome();
      if (finishedAt == null || outcome == null || !query.state().isFinished()) {
        throw new IllegalArgumentException("Query %s has not ended".formatted(query.id()));
      }
      QueryReads reads = query.stats().reads();
      QueryTimes times = query.stats().times();
      return new Row(
          day,
          query.tenant().value(),
          query.id().value(),
          query.keyId(),
          query.mode().name().toLowerCase(Locale.ROOT),
          query.state().name().toLowerCase(Locale.ROOT),
          outcome,
          query.text().sql(),
          query.text().sqlLength(),
          query.text().parameterCount(),
          query.submittedAt(),
          query.startedAt(),
          finishedAt,
          query.snapshot() == null ? null : query.snapshot().value(),
          query.tables().toArray(String[]::new),
          query.stats().rowCount(),
          query.stats().byteCount(),
          query.stats().truncated(),
          reads.files(),
          reads.bytes(),
          reads.prunedFiles(),
          reads.cachedFiles(),
          reads.downloadedFiles(),
          reads.downloadedBytes(),
          micros(times.parse()),
          micros(times.await()),
          micros(times.queue()),
          micros(times.bind()),
          micros(times.fetch()),
          micros(times.run()),
          micros(times.write()));
    }

    private static long micros(Duration duration) {
      return duration.dividedBy(ChronoUnit.MICROS.getDuration());
    }
  }

  /** Maps a row that has the columns of {@code query_history} and the key's label. */
  final class RecordMapper implements RowMapper<QueryRecord> {
    @Override
    public QueryRecord map(ResultSet row, StatementContext context) throws SQLException {
      return record(row);
    }

    static QueryRecord record(ResultSet row) throws SQLException {
      @Nullable Long snapshotId = Rows.nullableLong(row, "snapshot_id");
      return new QueryRecord(
          new QueryId(row.getObject("query_id", UUID.class)),
          new TenantId(row.getString("tenant_id")),
          row.getString("key_id"),
          row.getString("key_label"),
          QueryRecord.Mode.valueOf(row.getString("mode").toUpperCase(Locale.ROOT)),
          QueryState.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
          new QueryText(
              row.getString("sql"), row.getInt("sql_length"), row.getInt("parameter_count")),
          Rows.instant(row, "submitted_at"),
          nullableInstant(row, "started_at"),
          nullableInstant(row, "finished_at"),
          snapshotId == null ? null : new SnapshotId(snapshotId),
          Rows.texts(row, "tables"),
          row.getString("outcome"),
          new QueryStats(
              row.getLong("row_count"),
              row.getLong("byte_count"),
              row.getBoolean("truncated"),
              new QueryReads(
                  row.getLong("file_count"),
                  row.getLong("file_bytes"),
                  row.getLong("pruned_files"),
                  row.getLong("cached_files"),
                  row.getLong("downloaded_files"),
                  row.getLong("downloaded_bytes")),
              new QueryTimes(
                  micros(row, "parse_us"),
                  micros(row, "wait_us"),
                  micros(row, "queue_us"),
                  micros(row, "bind_us"),
                  micros(row, "fetch_us"),
                  micros(row, "run_us"),
                  micros(row, "write_us"))));
    }

    private static Duration micros(ResultSet row, String column) throws SQLException {
      return Duration.of(row.getLong(column), ChronoUnit.MICROS);
    }

    private static @Nullable Instant nullableInstant(ResultSet row, String column)
        throws SQLException {
      @Nullable OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
      return time == null ? null : time.toInstant();
    }
  }
}

package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.upkeep.RowRetention;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import io.duckmesh.catalog.upkeep.UpkeepWindow;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

@RegisterRowMapper(PolicyDao.PolicyMapper.class)
@RegisterRowMapper(PolicyDao.PolicyOfTableMapper.class)
interface PolicyDao {
  @SqlQuery(
      """
      SELECT compact, target_file_bytes, window_from, window_until, keep_snapshots_ms,
             keep_at_least, CAST(NULL AS int) AS rows_field_id, CAST(NULL AS bigint) AS keep_rows_ms
      FROM catalog.tenant_policy
      WHERE tenant_id = :tenantId
      """)
  Optional<UpkeepPolicy> findOfTenant(String tenantId);

  /** The wishes of a table, of which there may be none; empty if there is no such table. */
  @SqlQuery(
      """
      SELECT t.tenant_id, t.table_id, t.name,
             p.compact, p.target_file_bytes, p.window_from, p.window_until, p.keep_snapshots_ms,
             p.keep_at_least, p.rows_field_id, p.keep_rows_ms
      FROM catalog.tenant_table t
      LEFT JOIN catalog.table_policy p USING (table_id)
      WHERE t.table_id = :tableId
      """)
  Optional<PolicyOfTable> find(UUID tableId);

  /** Of live tables, by name. */
  @SqlQuery(
      """
      SELECT t.tenant_id, t.table_id, t.name,
             p.compact, p.target_file_bytes, p.window_from, p.window_until, p.keep_snapshots_ms,
             p.keep_at_least, p.rows_field_id, p.keep_rows_ms
      FROM catalog.tenant_table t
      LEFT JOIN catalog.table_policy p USING (table_id)
      WHERE t.tenant_id = :tenantId
        AND t.dropped_in IS NULL
      ORDER BY t.name COLLATE "C"
      """)
  List<PolicyOfTable> list(String tenantId);

  /** Orders changes of wishes, to the end of the transaction. */
  @SqlQuery(
      """
      SELECT true
      FROM (SELECT pg_advisory_xact_lock(hashtext('catalog.upkeep_policy'))) locked
      """)
  boolean lock();

  @SqlQuery(
      """
      SELECT sort_by
      FROM catalog.tenant_table
      WHERE table_id = :tableId
      """)
  Optional<List<String>> findSortBy(UUID tableId);

  @SqlUpdate(
      """
      UPDATE catalog.tenant_table
      SET sort_by = :sortBy
      WHERE table_id = :tableId
      """)
  void setSortBy(UUID tableId, String[] sortBy);

  /** Replaces the wishes of the tenant; 0 if there is none. */
  @SqlUpdate(
      """
      INSERT INTO catalog.tenant_policy
        (tenant_id, compact, target_file_bytes, window_from, window_until, keep_snapshots_ms,
         keep_at_least)
      SELECT tenant_id, :compact, :targetFileBytes, :windowFrom, :windowUntil, :keepSnapshotsMs,
             :keepAtLeast
      FROM catalog.tenant
      WHERE tenant_id = :tenantId
      ON CONFLICT (tenant_id) DO UPDATE
      SET compact = EXCLUDED.compact,
          target_file_bytes = EXCLUDED.target_file_bytes,
          window_from = EXCLUDED.window_from,
          window_until = EXCLUDED.window_until,
          keep_snapshots_ms = EXCLUDED.keep_snapshots_ms,
          keep_at_least = EXCLUDED.keep_at_least
      """)
  int setOfTenant(
      String tenantId,
      @Nullable Boolean compact,
      @Nullable Long targetFileBytes,
      @Nullable LocalTime windowFrom,
      @Nullable LocalTime windowUntil,
      @Nullable Long keepSnapshotsMs,
      @Nullable Integer keepAtLeast);

  /** Replaces the wishes of the table; 0 if there is none. */
  @SqlUpdate(
      """
      INSERT INTO catalog.table_policy
        (table_id, compact, target_file_bytes, window_from, window_until, keep_snapshots_ms,
         keep_at_least, rows_field_id, keep_rows_ms)
      SELECT table_id, :compact, :targetFileBytes, :windowFrom, :windowUntil, :keepSnapshotsMs,
             :keepAtLeast, :rowsFieldId, :keepRowsMs
      FROM catalog.tenant_table
      WHERE table_id = :tableId
      ON CONFLICT (table_id) DO UPDATE
      SET compact = EXCLUDED.compact,
          target_file_bytes = EXCLUDED.target_file_bytes,
          window_from = EXCLUDED.window_from,
          window_until = EXCLUDED.window_until,
          keep_snapshots_ms = EXCLUDED.keep_snapshots_ms,
          keep_at_least = EXCLUDED.keep_at_least,
          rows_field_id = EXCLUDED.rows_field_id,
          keep_rows_ms = EXCLUDED.keep_rows_ms
      """)
  int set(
      UUID tableId,
      @Nullable Boolean compact,
      @Nullable Long targetFileBytes,
      @Nullable LocalTime windowFrom,
      @Nullable LocalTime windowUntil,
      @Nullable Long keepSnapshotsMs,
      @Nullable Integer keepAtLeast,
      @Nullable Integer rowsFieldId,
      @Nullable Long keepRowsMs);

  /** Lets the tenant's tables be looked at again: another target size may leave more to merge. */
  @SqlUpdate(
      """
      UPDATE catalog.tenant_table
      SET planned_in = 0
      WHERE tenant_id = :tenantId
        AND dropped_in IS NULL
      """)
  void planAgain(String tenantId);

  @SqlUpdate(
      """
      UPDATE catalog.tenant_table
      SET planned_in = 0
      WHERE table_id = :tableId
      """)
  void planAgain(UUID tableId);

  /** A table with its own wishes. */
  record PolicyOfTable(String tenantId, UUID tableId, String name, UpkeepPolicy policy) {}

  /** Maps a row with the columns of wishes. */
  final class PolicyMapper implements RowMapper<UpkeepPolicy> {
    @Override
    public UpkeepPolicy map(ResultSet row, StatementContext context) throws SQLException {
      @Nullable LocalTime from = row.getObject("window_from", LocalTime.class);
      @Nullable LocalTime until = row.getObject("window_until", LocalTime.class);
      @Nullable Long keepSnapshotsMs = Rows.nullableLong(row, "keep_snapshots_ms");
      @Nullable Integer rowsFieldId = row.getObject("rows_field_id", Integer.class);
      @Nullable Long keepRowsMs = Rows.nullableLong(row, "keep_rows_ms");
      return new UpkeepPolicy(
          row.getObject("compact", Boolean.class),
          Rows.nullableLong(row, "target_file_bytes"),
          from == null || until == null ? null : new UpkeepWindow(from, until),
          keepSnapshotsMs == null ? null : Duration.ofMillis(keepSnapshotsMs),
          row.getObject("keep_at_least", Integer.class),
          rowsFieldId == null || keepRowsMs == null
              ? null
              : new RowRetention(rowsFieldId, Duration.ofMillis(keepRowsMs)));
    }
  }

  /** Maps a table with the columns of wishes. */
  final class PolicyOfTableMapper implements RowMapper<PolicyOfTable> {
    @Override
    public PolicyOfTable map(ResultSet row, StatementContext context) throws SQLException {
      return new PolicyOfTable(
          row.getString("tenant_id"),
          row.getObject("table_id", UUID.class),
          row.getString("name"),
          new PolicyMapper().map(row, context));
    }
  }
}

package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.ColumnStatistics;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

@RegisterRowMapper(SnapshotDao.SnapshotMapper.class)
@RegisterRowMapper(SnapshotDao.DataFileMapper.class)
@RegisterRowMapper(SnapshotDao.KnownSnapshotMapper.class)
interface SnapshotDao {
  @SqlUpdate(
      """
      INSERT INTO catalog.snapshot (tenant_id, snapshot_id, committed_at, operation)
      VALUES (:tenantId, 1, :now, 'create_tenant')
      """)
  void insertFirst(String tenantId, Instant now);

  /**
   * Creates the tenant's next snapshot. The tenant's row stays locked to the end of the
   * transaction, so nobody sees a later snapshot before this one. Empty if there is no such tenant.
   */
  @SqlQuery(
      """
      WITH numbered AS (
        UPDATE catalog.tenant
        SET newest_snapshot_id = newest_snapshot_id + 1,
            newest_committed_at = greatest(:now, newest_committed_at + interval '1 microsecond')
        WHERE tenant_id = :tenantId
        RETURNING tenant_id, newest_snapshot_id, newest_committed_at
      )
      INSERT INTO catalog.snapshot (tenant_id, snapshot_id, committed_at, operation)
      SELECT tenant_id, newest_snapshot_id, newest_committed_at, :operation
      FROM numbered
      RETURNING tenant_id, snapshot_id, committed_at, operation
      """)
  Optional<Snapshot> create(String tenantId, Instant now, String operation);

  @SqlUpdate(
      """
      INSERT INTO catalog.snapshot_table (table_id, snapshot_id)
      VALUES (:tableId, :snapshotId)
      """)
  void insertChange(UUID tableId, long snapshotId);

  @SqlQuery(
      """
      SELECT s.tenant_id, s.snapshot_id, s.committed_at, s.operation
      FROM catalog.snapshot s
      WHERE s.tenant_id = :tenantId
      ORDER BY s.snapshot_id DESC
      LIMIT 1
      """)
  Optional<Snapshot> findNewest(String tenantId);

  @SqlQuery(
      """
      SELECT s.tenant_id, s.snapshot_id, s.committed_at, s.operation,
             s.snapshot_id >= coalesce(h.history_from, 0)
               OR EXISTS (
                 SELECT
                 FROM catalog.pin p
                 WHERE p.tenant_id = s.tenant_id
                   AND p.snapshot_id = s.snapshot_id) AS readable
      FROM catalog.snapshot s
      LEFT JOIN catalog.tenant_history h USING (tenant_id)
      WHERE s.tenant_id = :tenantId
        AND s.snapshot_id = :snapshotId
      """)
  Optional<KnownSnapshot> find(String tenantId, long snapshotId);

  /** Whether the tenant has had the snapshot, which may be forgotten. */
  @SqlQuery(
      """
      SELECT EXISTS (
        SELECT
        FROM catalog.tenant
        WHERE tenant_id = :tenantId
          AND newest_snapshot_id >= :snapshotId
          AND :snapshotId >= 1)
      """)
  boolean existed(String tenantId, long snapshotId);

  /**
   * The last snapshot at or before the time. An older pinned one does not count as readable: those
   * that came between may be forgotten.
   */
  @SqlQuery(
      """
      SELECT s.tenant_id, s.snapshot_id, s.committed_at, s.operation,
             s.snapshot_id >= coalesce(h.history_from, 0) AS readable
      FROM catalog.snapshot s
      LEFT JOIN catalog.tenant_history h USING (tenant_id)
      WHERE s.tenant_id = :tenantId
        AND s.committed_at <= :at
      ORDER BY s.committed_at DESC
      LIMIT 1
      """)
  Optional<KnownSnapshot> findAsOf(String tenantId, Instant at);

  /** Whether the tenant has forgotten snapshots, or may have. */
  @SqlQuery(
      """
      SELECT EXISTS (
        SELECT
        FROM catalog.tenant_history
        WHERE tenant_id = :tenantId
          AND history_from > 1)
      """)
  boolean hasExpired(String tenantId);

  /** Snapshots that can be read: the newest ones in a row, below them the pinned ones. */
  @SqlQuery(
      """
      WITH history AS (
        SELECT coalesce(max(history_from), 0) AS history_from
        FROM catalog.tenant_history
        WHERE tenant_id = :tenantId
      )
      (SELECT s.tenant_id, s.snapshot_id, s.committed_at, s.operation
       FROM catalog.snapshot s
       WHERE s.tenant_id = :tenantId
         AND s.snapshot_id < :before
         AND s.snapshot_id >= (SELECT history_from FROM history)
       ORDER BY s.snapshot_id DESC
       LIMIT :limit)
      UNION ALL
      (SELECT s.tenant_id, s.snapshot_id, s.committed_at, s.operation
       FROM (SELECT DISTINCT snapshot_id
             FROM catalog.pin
             WHERE tenant_id = :tenantId
               AND snapshot_id < :before
               AND snapshot_id < (SELECT history_from FROM history)) p
       JOIN catalog.snapshot s USING (snapshot_id)
       WHERE s.tenant_id = :tenantId)
      ORDER BY snapshot_id DESC
      LIMIT :limit
      """)
  List<Snapshot> list(String tenantId, long before, int limit);

  /**
   * Files of the table at the snapshot, which must have been committed. Those that live and those
   * that have ended since are looked for apart: a busy table has many that ended long ago.
   */
  @SqlQuery(
      """
      SELECT table_id, object_key, schema_version, row_count, size_bytes, content_hash,
             field_ids, null_counts, mins, maxs
      FROM (
        SELECT table_id, object_key, schema_version, row_count, size_bytes, content_hash,
               field_ids, null_counts, mins, maxs, begin_snapshot
        FROM catalog.data_file
        WHERE table_id = :tableId
          AND begin_snapshot IS NOT NULL
          AND end_snapshot IS NULL
          AND begin_snapshot <= :snapshotId
        UNION ALL
        SELECT table_id, object_key, schema_version, row_count, size_bytes, content_hash,
               field_ids, null_counts, mins, maxs, begin_snapshot
        FROM catalog.data_file
        WHERE table_id = :tableId
          AND end_snapshot > :snapshotId
          AND begin_snapshot <= :snapshotId
      ) f
      ORDER BY begin_snapshot, object_key COLLATE "C"
      """)
  List<DataFile> files(UUID tableId, long snapshotId);

  /** Whether the table can be read at the snapshot, if it was there. */
  @SqlQuery(
      """
      SELECT EXISTS (
        SELECT
        FROM catalog.tenant_table t
        WHERE t.table_id = :tableId
          AND (:snapshotId >= t.history_from
            OR EXISTS (
              SELECT
              FROM catalog.pin p
              WHERE p.tenant_id = t.tenant_id
                AND p.snapshot_id = :snapshotId)))
      """)
  boolean isReadable(UUID tableId, long snapshotId);

  /**
   * Whether it is known what the table had at the snapshot: it can be read there, or has not
   * changed from there until it can.
   */
  @SqlQuery(
      """
      SELECT EXISTS (
        SELECT
        FROM catalog.tenant_table t
        WHERE t.table_id = :tableId
          AND (:snapshotId >= coalesce(
                (SELECT max(c.snapshot_id)
                 FROM catalog.snapshot_table c
                 WHERE c.table_id = t.table_id
                   AND c.snapshot_id <= t.history_from), 0)
            OR EXISTS (
              SELECT
              FROM catalog.pin p
              WHERE p.tenant_id = t.tenant_id
                AND p.snapshot_id = :snapshotId)))
      """)
  boolean isKnown(UUID tableId, long snapshotId);

  /** Files that the table has at the snapshot and had not at the earlier one. */
  @SqlQuery(
      """
      SELECT table_id, object_key, schema_version, row_count, size_bytes, content_hash,
             field_ids, null_counts, mins, maxs
      FROM catalog.data_file
      WHERE table_id = :tableId
        AND begin_snapshot > :afterId
        AND begin_snapshot <= :snapshotId
        AND (end_snapshot IS NULL OR end_snapshot > :snapshotId)
      ORDER BY begin_snapshot, object_key COLLATE "C"
      """)
  List<DataFile> filesAddedAfter(UUID tableId, long afterId, long snapshotId);

  /** Keys of files that the table had at the earlier snapshot and has not at the given one. */
  @SqlQuery(
      """
      SELECT object_key
      FROM catalog.data_file
      WHERE table_id = :tableId
        AND begin_snapshot <= :afterId
        AND end_snapshot > :afterId
        AND end_snapshot <= :snapshotId
      """)
  Set<String> filesRemovedAfter(UUID tableId, long afterId, long snapshotId);

  /** The last snapshot up to the given one that changed the table of that name. */
  @SqlQuery(
      """
      SELECT (SELECT max(c.snapshot_id)
              FROM catalog.snapshot_table c
              WHERE c.table_id = t.table_id
                AND c.snapshot_id <= s.snapshot_id) AS changed_in,
             s.snapshot_id >= t.history_from
               OR EXISTS (
                 SELECT
                 FROM catalog.pin p
                 WHERE p.tenant_id = s.tenant_id
                   AND p.snapshot_id = s.snapshot_id) AS readable
      FROM catalog.snapshot s
      JOIN catalog.tenant_table t
        ON t.tenant_id = s.tenant_id
        AND t.created_in <= s.snapshot_id
        AND (t.dropped_in IS NULL OR t.dropped_in > s.snapshot_id)
      WHERE s.tenant_id = :tenantId
        AND s.snapshot_id = :snapshotId
        AND lower(t.name COLLATE "C") = lower(:tableName COLLATE "C")
        AND NOT EXISTS (
          SELECT
          FROM catalog.table_absence a
          WHERE a.table_id = t.table_id
            AND a.from_snapshot <= s.snapshot_id
            AND a.until_snapshot > s.snapshot_id)
      """)
  @RegisterConstructorMapper(LastChange.class)
  Optional<LastChange> changedIn(String tenantId, long snapshotId, String tableName);

  /** A snapshot, and whether it can be read. */
  record KnownSnapshot(Snapshot snapshot, boolean readable) {}

  /**
   * The last change of a table, and whether it can be read there; null where the changes are
   * forgotten.
   */
  record LastChange(@Nullable Long changedIn, boolean readable) {}

  /** Maps a row of {@code snapshot} with {@code readable}. */
  final class KnownSnapshotMapper implements RowMapper<KnownSnapshot> {
    @Override
    public KnownSnapshot map(ResultSet row, StatementContext context) throws SQLException {
      return new KnownSnapshot(new SnapshotMapper().map(row, context), row.getBoolean("readable"));
    }
  }

  /** Maps a row of {@code snapshot}. */
  final class SnapshotMapper implements RowMapper<Snapshot> {
    @Override
    public Snapshot map(ResultSet row, StatementContext context) throws SQLException {
      return new Snapshot(
          new TenantId(row.getString("tenant_id")),
          new SnapshotId(row.getLong("snapshot_id")),
          Rows.instant(row, "committed_at"),
          row.getString("operation"));
    }
  }

  /** Maps a row of {@code data_file} that is finished. */
  final class DataFileMapper implements RowMapper<DataFile> {
    @Override
    public DataFile map(ResultSet row, StatementContext context) throws SQLException {
      Integer[] fieldIds = (Integer[]) Rows.elements(row, "field_ids");
      Long[] nullCounts = (Long[]) Rows.elements(row, "null_counts");
      @Nullable String[] mins = (String[]) Rows.elements(row, "mins");
      @Nullable String[] maxs = (String[]) Rows.elements(row, "maxs");
      List<ColumnStatistics> statistics = new ArrayList<>(fieldIds.length);
      for (int i = 0; i < fieldIds.length; i++) {
        statistics.add(new ColumnStatistics(fieldIds[i], nullCounts[i], mins[i], maxs[i]));
      }
      return new DataFile(
          new TableId(row.getObject("table_id", UUID.class)),
          row.getString("object_key"),
          row.getInt("schema_version"),
          row.getLong("row_count"),
          row.getLong("size_bytes"),
          row.getString("content_hash"),
          statistics);
    }
  }
}

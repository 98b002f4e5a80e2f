package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.upkeep.DroppedTable;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

@RegisterRowMapper(RestoreDao.DroppedTableMapper.class)
@RegisterConstructorMapper(RestoreDao.DifferenceRow.class)
@RegisterConstructorMapper(RestoreDao.LastDrop.class)
interface RestoreDao {
  /** How the files of a table now and at a snapshot differ. */
  @SqlQuery(
      """
      SELECT count(*) FILTER (WHERE NOT live) AS files_begun,
             count(*) FILTER (WHERE NOT had) AS files_ended,
             CAST(coalesce(sum(row_count) FILTER (WHERE live), 0) AS bigint) AS rows_before,
             CAST(coalesce(sum(row_count) FILTER (WHERE had), 0) AS bigint) AS rows_after
      FROM (
        SELECT object_key, max(row_count) AS row_count,
               bool_or(end_snapshot IS NULL) AS live,
               bool_or(begin_snapshot <= :snapshotId
                       AND (end_snapshot IS NULL OR end_snapshot > :snapshotId)) AS had
        FROM (
          SELECT object_key, row_count, begin_snapshot, end_snapshot
          FROM catalog.data_file
          WHERE table_id = :tableId
            AND begin_snapshot IS NOT NULL
            AND end_snapshot IS NULL
          UNION ALL
          SELECT object_key, row_count, begin_snapshot, end_snapshot
          FROM catalog.data_file
          WHERE table_id = :tableId
            AND end_snapshot > :snapshotId
            AND begin_snapshot <= :snapshotId
        ) spans
        GROUP BY object_key
      ) files
      """)
  DifferenceRow difference(UUID tableId, long snapshotId);

  /** Begins files again that the table had at the snapshot and has not now. */
  @SqlUpdate(
      """
      INSERT INTO catalog.data_file
        (object_key, restored_in, write_id, table_id, registered_at, schema_version, row_count,
         size_bytes, content_hash, field_ids, null_counts, mins, maxs, begin_snapshot, place,
         place_key, rewrites, sealed)
      SELECT f.object_key, :restoredIn, f.write_id, f.table_id, f.registered_at, f.schema_version,
             f.row_count, f.size_bytes, f.content_hash, f.field_ids, f.null_counts, f.mins, f.maxs,
             :restoredIn, coalesce(f.place, f.begin_snapshot),
             coalesce(f.place_key, f.object_key), f.rewrites, f.sealed
      FROM catalog.data_file f
      WHERE f.table_id = :tableId
        AND f.end_snapshot > :snapshotId
        AND f.begin_snapshot <= :snapshotId
        AND NOT EXISTS (
          SELECT
          FROM catalog.data_file l
          WHERE l.object_key = f.object_key
            AND l.begin_snapshot IS NOT NULL
            AND l.end_snapshot IS NULL)
      """)
  int begin(UUID tableId, long snapshotId, long restoredIn);

  /** Ends files that the table had not at the snapshot. */
  @SqlUpdate(
      """
      UPDATE catalog.data_file f
      SET end_snapshot = :restoredIn
      WHERE f.table_id = :tableId
        AND f.begin_snapshot > :snapshotId
        AND f.begin_snapshot < :restoredIn
        AND f.end_snapshot IS NULL
        AND NOT EXISTS (
          SELECT
          FROM catalog.data_file o
          WHERE o.object_key = f.object_key
            AND o.begin_snapshot <= :snapshotId
            AND o.end_snapshot > :snapshotId)
      """)
  int end(UUID tableId, long snapshotId, long restoredIn);

  @SqlUpdate(
      """
      UPDATE catalog.tenant_table
      SET rows_changed = rows_changed + :rows
      WHERE table_id = :tableId
      """)
  void count(UUID tableId, long rows);

  /**
   * The table of that name that was dropped last.
   *
   * @param tableId the one that is meant, null for any
   */
  @SqlQuery(
      """
      SELECT table_id, dropped_in,
             dropped_in > history_from
               OR EXISTS (
                 SELECT
                 FROM catalog.pin p
                 WHERE p.tenant_id = t.tenant_id
                   AND p.snapshot_id = t.dropped_in - 1) AS readable
      FROM catalog.tenant_table t
      WHERE tenant_id = :tenantId
        AND lower(name COLLATE "C") = lower(:name COLLATE "C")
        AND dropped_in IS NOT NULL
        AND (CAST(:tableId AS uuid) IS NULL OR table_id = :tableId)
      ORDER BY dropped_in DESC
      LIMIT 1
      """)
  Optional<LastDrop> findLastDrop(String tenantId, String name, @Nullable UUID tableId);

  @SqlUpdate(
      """
      INSERT INTO catalog.table_absence (table_id, from_snapshot, until_snapshot)
      SELECT table_id, dropped_in, :untilSnapshot
      FROM catalog.tenant_table
      WHERE table_id = :tableId
      """)
  void insertAbsence(UUID tableId, long untilSnapshot);

  @SqlUpdate(
      """
      UPDATE catalog.tenant_table
      SET dropped_in = NULL
      WHERE table_id = :tableId
      """)
  void undrop(UUID tableId);

  @SqlQuery(
      """
      SELECT t.table_id, t.name, t.dropped_in, s.committed_at
      FROM catalog.tenant_table t
      JOIN catalog.snapshot s
        ON s.tenant_id = t.tenant_id
        AND s.snapshot_id = t.dropped_in
      WHERE t.tenant_id = :tenantId
        AND (t.dropped_in > t.history_from
          OR EXISTS (
            SELECT
            FROM catalog.pin p
            WHERE p.tenant_id = t.tenant_id
              AND p.snapshot_id = t.dropped_in - 1))
      ORDER BY t.dropped_in DESC
      """)
  List<DroppedTable> dropped(String tenantId);

  /** How the files of a table now and then differ. */
  record DifferenceRow(long filesBegun, long filesEnded, long rowsBefore, long rowsAfter) {}

  /** A dropped table, and whether the last snapshot that had it can be read. */
  record LastDrop(UUID tableId, long droppedIn, boolean readable) {}

  /** Maps a dropped table. */
  final class DroppedTableMapper implements RowMapper<DroppedTable> {
    @Override
    public DroppedTable map(ResultSet row, StatementContext context) throws SQLException {
      return new DroppedTable(
          new TableId(row.getObject("table_id", UUID.class)),
          row.getString("name"),
          new SnapshotId(row.getLong("dropped_in")),
          Rows.instant(row, "committed_at"));
    }
  }
}

package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.ColumnStatistics;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.upkeep.AgedFile;
import io.duckmesh.catalog.upkeep.DueTable;
import io.duckmesh.catalog.upkeep.LiveFile;
import io.duckmesh.catalog.upkeep.Place;
import io.duckmesh.catalog.upkeep.TableFiles;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
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

@RegisterRowMapper(RewriteDao.DueTableMapper.class)
@RegisterRowMapper(RewriteDao.LiveFileMapper.class)
@RegisterRowMapper(RewriteDao.AgedFileMapper.class)
@RegisterRowMapper(RewriteDao.TableFilesMapper.class)
@RegisterRowMapper(SnapshotDao.DataFileMapper.class)
@RegisterConstructorMapper(RewriteDao.RewriteRow.class)
interface RewriteDao {
  @SqlQuery(
      """
      SELECT t.table_id, t.name, c.changed_in
      FROM catalog.tenant_table t
      CROSS JOIN LATERAL (
        SELECT max(c.snapshot_id) AS changed_in
        FROM catalog.snapshot_table c
        WHERE c.table_id = t.table_id
      ) c
      WHERE t.tenant_id = :tenantId
        AND t.dropped_in IS NULL
        AND c.changed_in > greatest(t.planned_in, t.created_in)
      ORDER BY t.name COLLATE "C"
      """)
  List<DueTable> due(String tenantId);

  @SqlUpdate(
      """
      UPDATE catalog.tenant_table
      SET planned_in = :changedIn
      WHERE table_id = :tableId
        AND planned_in < :changedIn
      """)
  void nothingLeft(UUID tableId, long changedIn);

  @SqlQuery(
      """
      SELECT f.object_key, coalesce(f.place, f.begin_snapshot) AS place,
             coalesce(f.place_key, f.object_key) AS place_key,
             f.row_count, f.size_bytes, f.rewrites, f.sealed
      FROM catalog.data_file f
      JOIN catalog.tenant_table t USING (table_id)
      WHERE f.table_id = :tableId
        AND t.dropped_in IS NULL
        AND f.begin_snapshot IS NOT NULL
        AND f.end_snapshot IS NULL
        AND coalesce(f.place, f.begin_snapshot) >= :afterPlace
        AND (coalesce(f.place, f.begin_snapshot) > :afterPlace
          OR coalesce(f.place_key, f.object_key) COLLATE "C" > :afterKey)
      ORDER BY coalesce(f.place, f.begin_snapshot),
               coalesce(f.place_key, f.object_key) COLLATE "C"
      LIMIT :limit
      """)
  List<LiveFile> liveFiles(UUID tableId, long afterPlace, String afterKey, int limit);

  @SqlQuery(
      """
      SELECT f.object_key, coalesce(f.place, f.begin_snapshot) AS place,
             coalesce(f.place_key, f.object_key) AS place_key,
             f.row_count, f.size_bytes, f.rewrites, f.sealed, f.schema_version,
             f.null_counts[array_position(f.field_ids, :fieldId)] AS null_count,
             f.mins[array_position(f.field_ids, :fieldId)] AS min,
             f.maxs[array_position(f.field_ids, :fieldId)] AS max,
             CAST(:fieldId AS int) AS field_id
      FROM catalog.data_file f
      JOIN catalog.tenant_table t USING (table_id)
      WHERE f.table_id = :tableId
        AND t.dropped_in IS NULL
        AND f.begin_snapshot IS NOT NULL
        AND f.end_snapshot IS NULL
        AND coalesce(f.place, f.begin_snapshot) >= :afterPlace
        AND (coalesce(f.place, f.begin_snapshot) > :afterPlace
          OR coalesce(f.place_key, f.object_key) COLLATE "C" > :afterKey)
      ORDER BY coalesce(f.place, f.begin_snapshot),
               coalesce(f.place_key, f.object_key) COLLATE "C"
      LIMIT :limit
      """)
  List<AgedFile> agedFiles(UUID tableId, int fieldId, long afterPlace, String afterKey, int limit);

  @SqlQuery(
      """
      SELECT t.table_id, t.name, f.files, f.small_files, f.row_count, f.size_bytes, f.rewrites,
             f.rewritten_rows,
             (SELECT count(*)
              FROM catalog.data_file e
              WHERE e.table_id = t.table_id
                AND e.end_snapshot IS NOT NULL) AS ended_files
      FROM catalog.tenant_table t
      CROSS JOIN LATERAL (
        SELECT count(*) AS files,
               count(*) FILTER (WHERE NOT f.sealed AND f.size_bytes < :smallBytes) AS small_files,
               CAST(coalesce(sum(f.row_count), 0) AS bigint) AS row_count,
               CAST(coalesce(sum(f.size_bytes), 0) AS bigint) AS size_bytes,
               coalesce(max(f.rewrites), 0) AS rewrites,
               CAST(coalesce(sum(f.row_count * f.rewrites), 0) AS bigint) AS rewritten_rows
        FROM catalog.data_file f
        WHERE f.table_id = t.table_id
          AND f.begin_snapshot IS NOT NULL
          AND f.end_snapshot IS NULL
      ) f
      WHERE t.tenant_id = :tenantId
        AND t.dropped_in IS NULL
      ORDER BY t.name COLLATE "C"
      """)
  List<TableFiles> count(String tenantId, long smallBytes);

  /** Locks the table against another begin, until the end of the transaction. */
  @SqlQuery(
      """
      SELECT true
      FROM catalog.tenant_table
      WHERE table_id = :tableId
      FOR NO KEY UPDATE
      """)
  Optional<Boolean> lockTable(UUID tableId);

  @SqlUpdate(
      """
      UPDATE catalog.rewrite
      SET state = 'over'
      WHERE table_id = :tableId
        AND kind = ANY (:kinds)
        AND state IN ('planned', 'prepared')
      """)
  void giveUpEarlier(UUID tableId, String[] kinds);

  /** Inserts a rewrite, which is over if its inputs do not all live. */
  @SqlQuery(
      """
      INSERT INTO catalog.rewrite
        (run_id, table_id, kind, state, input_keys, input_count, rows_in, place, place_key,
         rewrites, seals, begun_at)
      SELECT :runId, :tableId, :kind,
             CASE WHEN count(f.object_key) = count(*) THEN 'planned' ELSE 'over' END,
             :objectKeys, count(*), coalesce(sum(f.row_count), 0),
             (array_agg(coalesce(f.place, f.begin_snapshot) ORDER BY k.ordinal))[1],
             (array_agg(coalesce(f.place_key, f.object_key) ORDER BY k.ordinal))[1],
             coalesce(max(f.rewrites), 0) + CASE WHEN :kind = 'compact' THEN 1 ELSE 0 END,
             :seals OR coalesce(bool_or(f.sealed), false), :now
      FROM unnest(:objectKeys) WITH ORDINALITY AS k(object_key, ordinal)
      LEFT JOIN catalog.data_file f
        ON f.object_key = k.object_key
        AND f.table_id = :tableId
        AND f.begin_snapshot IS NOT NULL
        AND f.end_snapshot IS NULL
      RETURNING rewrite_id
      """)
  long insert(
      String runId, UUID tableId, String kind, String[] objectKeys, boolean seals, Instant now);

  @SqlQuery(
      """
      SELECT r.rewrite_id, r.run_id, t.tenant_id, r.table_id, r.kind, r.state, r.input_count,
             r.rows_in, r.rows_out, r.begun_at
      FROM catalog.rewrite r
      JOIN catalog.tenant_table t USING (table_id)
      WHERE r.rewrite_id = :rewriteId
      """)
  Optional<RewriteRow> find(long rewriteId);

  /** The inputs of the rewrite that live, in order of place. */
  @SqlQuery(
      """
      SELECT f.table_id, f.object_key, f.schema_version, f.row_count, f.size_bytes, f.content_hash,
             f.field_ids, f.null_counts, f.mins, f.maxs
      FROM catalog.rewrite r
      CROSS JOIN unnest(r.input_keys) WITH ORDINALITY AS k(object_key, ordinal)
      JOIN catalog.data_file f
        ON f.object_key = k.object_key
        AND f.table_id = r.table_id
        AND f.begin_snapshot IS NOT NULL
        AND f.end_snapshot IS NULL
      WHERE r.rewrite_id = :rewriteId
      ORDER BY k.ordinal
      """)
  List<DataFile> inputs(long rewriteId);

  /** Registers an object of a planned rewrite. */
  @SqlUpdate(
      """
      INSERT INTO catalog.data_file (object_key, write_id, table_id, registered_at)
      SELECT :objectKey, r.rewrite_id, r.table_id, :now
      FROM catalog.rewrite r
      WHERE r.rewrite_id = :rewriteId
        AND r.state = 'planned'
      """)
  int registerPending(long rewriteId, String objectKey, Instant now);

  /** Marks a planned rewrite as prepared, if the rows are as many as it allows. */
  @SqlUpdate(
      """
      UPDATE catalog.rewrite
      SET state = 'prepared',
          rows_out = :rowsOut
      WHERE rewrite_id = :rewriteId
        AND state = 'planned'
        AND (rows_in = :rowsOut OR (kind = 'trim' AND rows_in > :rowsOut))
      """)
  int markPrepared(long rewriteId, long rowsOut);

  @SqlUpdate(
      """
      UPDATE catalog.rewrite
      SET state = 'over'
      WHERE rewrite_id = :rewriteId
        AND state IN ('planned', 'prepared')
      """)
  void abandon(long rewriteId);

  /** Where a rewrite stands. */
  record RewriteRow(
      long rewriteId,
      String runId,
      String tenantId,
      UUID tableId,
      String kind,
      String state,
      int inputCount,
      long rowsIn,
      @Nullable Long rowsOut,
      Instant begunAt) {}

  /** Maps a table with its last change. */
  final class DueTableMapper implements RowMapper<DueTable> {
    @Override
    public DueTable map(ResultSet row, StatementContext context) throws SQLException {
      return new DueTable(
          new TableId(row.getObject("table_id", UUID.class)),
          row.getString("name"),
          new SnapshotId(row.getLong("changed_in")));
    }
  }

  /** Maps a live row of {@code data_file} with its place. */
  final class LiveFileMapper implements RowMapper<LiveFile> {
    @Override
    public LiveFile map(ResultSet row, StatementContext context) throws SQLException {
      return new LiveFile(
          row.getString("object_key"),
          new Place(row.getLong("place"), row.getString("place_key")),
          row.getLong("row_count"),
          row.getLong("size_bytes"),
          row.getInt("rewrites"),
          row.getBoolean("sealed"));
    }
  }

  /** Maps a live row of {@code data_file} with the statistics of one column. */
  final class AgedFileMapper implements RowMapper<AgedFile> {
    @Override
    public AgedFile map(ResultSet row, StatementContext context) throws SQLException {
      @Nullable Long nullCount = Rows.nullableLong(row, "null_count");
      return new AgedFile(
          new LiveFileMapper().map(row, context),
          row.getInt("schema_version"),
          nullCount == null
              ? null
              : new ColumnStatistics(
                  row.getInt("field_id"), nullCount, row.getString("min"), row.getString("max")));
    }
  }

  /** Maps the counts of a table. */
  final class TableFilesMapper implements RowMapper<TableFiles> {
    @Override
    public TableFiles map(ResultSet row, StatementContext context) throws SQLException {
      return new TableFiles(
          new TableId(row.getObject("table_id", UUID.class)),
          row.getString("name"),
          row.getLong("files"),
          row.getLong("small_files"),
          row.getLong("row_count"),
          row.getLong("size_bytes"),
          row.getLong("ended_files"),
          row.getInt("rewrites"),
          row.getLong("rewritten_rows"));
    }
  }
}

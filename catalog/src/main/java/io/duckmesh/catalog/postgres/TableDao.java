package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableSchema;
import io.duckmesh.catalog.TableSettings;
import io.duckmesh.catalog.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

@RegisterRowMapper(TableDao.TableInfoMapper.class)
@RegisterRowMapper(TableDao.TableAtSnapshotMapper.class)
@RegisterRowMapper(TableDao.TableSchemaMapper.class)
@RegisterRowMapper(TableDao.TableCountsMapper.class)
interface TableDao {
  @SqlQuery(
      """
      INSERT INTO catalog.tenant_table
        (tenant_id, name, event_key, sort_by, key_window_ms, created_in, created_at)
      VALUES (:tenantId, :name, :eventKey, :sortBy, :keyWindowMs, :createdIn, :createdAt)
      RETURNING table_id
      """)
  UUID insert(
      String tenantId,
      String name,
      String[] eventKey,
      String[] sortBy,
      long keyWindowMs,
      long createdIn,
      Instant createdAt);

  @SqlUpdate(
      """
      INSERT INTO catalog.table_schema (table_id, schema_version, begin_snapshot)
      VALUES (:tableId, :schemaVersion, :beginSnapshot)
      """)
  void insertSchema(UUID tableId, int schemaVersion, long beginSnapshot);

  /** Inserts the columns of a new table: field ids are the places of the columns. */
  @SqlUpdate(
      """
      INSERT INTO catalog.table_column
        (table_id, schema_version, ordinal, field_id, name, type, required, default_value)
      SELECT :tableId, 1, c.ordinal, c.ordinal, c.name, c.type, c.required, c.default_value
      FROM unnest(:names, :types, :required, :defaultValues) WITH ORDINALITY
        AS c(name, type, required, default_value, ordinal)
      """)
  void insertColumns(
      UUID tableId,
      String[] names,
      String[] types,
      boolean[] required,
      @Nullable String[] defaultValues);

  /** Gives the table those shards of its tenant that have the fewest live tables. */
  @SqlUpdate(
      """
      INSERT INTO catalog.table_shard (table_id, ordinal, shard_id)
      SELECT :tableId, row_number() OVER (ORDER BY chosen.ordinal) - 1, chosen.shard_id
      FROM (
        SELECT s.shard_id, s.ordinal
        FROM catalog.shard s
        LEFT JOIN catalog.table_shard ts USING (shard_id)
        LEFT JOIN catalog.tenant_table t ON t.table_id = ts.table_id AND t.dropped_in IS NULL
        WHERE s.tenant_id = :tenantId
        GROUP BY s.shard_id, s.ordinal
        ORDER BY count(t.table_id), s.ordinal
        LIMIT :shards
      ) chosen
      """)
  int insertShards(UUID tableId, String tenantId, int shards);

  @SqlQuery(
      """
      SELECT name
      FROM catalog.tenant_table
      WHERE tenant_id = :tenantId
        AND lower(name COLLATE "C") = lower(:name COLLATE "C")
        AND dropped_in IS NULL
      """)
  Optional<String> findLiveName(String tenantId, String name);

  @SqlQuery(
      """
      UPDATE catalog.tenant_table
      SET dropped_in = :droppedIn
      WHERE tenant_id = :tenantId
        AND lower(name COLLATE "C") = lower(:name COLLATE "C")
        AND dropped_in IS NULL
      RETURNING table_id
      """)
  Optional<UUID> drop(String tenantId, String name, long droppedIn);

  @SqlQuery(
      """
      SELECT table_id, tenant_id, name, event_key, sort_by, key_window_ms, shards,
             created_in, dropped_in, created_at,
             schema_version, field_ids, names, types, required, default_values
      FROM catalog.table_with_schema
      WHERE tenant_id = :tenantId
        AND lower(name COLLATE "C") = lower(:name COLLATE "C")
        AND dropped_in IS NULL
        AND schema_end IS NULL
      """)
  Optional<TableInfo> findLive(String tenantId, String name);

  @SqlQuery(
      """
      SELECT table_id, tenant_id, name, event_key, sort_by, key_window_ms, shards,
             created_in, dropped_in, created_at,
             schema_version, field_ids, names, types, required, default_values
      FROM catalog.table_with_schema
      WHERE tenant_id = :tenantId
        AND lower(name COLLATE "C") = lower(:name COLLATE "C")
        AND schema_end IS NULL
      ORDER BY created_in DESC
      """)
  List<TableInfo> listNamed(String tenantId, String name);

  @SqlQuery(
      """
      SELECT table_id, tenant_id, name, event_key, sort_by, key_window_ms, shards,
             created_in, dropped_in, created_at,
             schema_version, field_ids, names, types, required, default_values
      FROM catalog.table_with_schema
      WHERE table_id = :tableId
        AND schema_end IS NULL
      """)
  Optional<TableInfo> find(UUID tableId);

  @SqlQuery(
      """
      SELECT table_id, tenant_id, name, event_key, sort_by, key_window_ms, shards,
             created_in, dropped_in, created_at,
             schema_version, field_ids, names, types, required, default_values
      FROM catalog.table_with_schema
      WHERE tenant_id = :tenantId
        AND dropped_in IS NULL
        AND schema_end IS NULL
      ORDER BY name COLLATE "C"
      """)
  List<TableInfo> listLive(String tenantId);

  /** Tables at a snapshot, as they were then: a later drop does not show. */
  @SqlQuery(
      """
      SELECT table_id, tenant_id, name, event_key, sort_by, key_window_ms, shards,
             created_in, CAST(NULL AS bigint) AS dropped_in, created_at,
             schema_version, field_ids, names, types, required, default_values
      FROM catalog.table_with_schema t
      WHERE tenant_id = :tenantId
        AND created_in <= :snapshotId
        AND (dropped_in IS NULL OR dropped_in > :snapshotId)
        AND schema_begin <= :snapshotId
        AND (schema_end IS NULL OR schema_end > :snapshotId)
        AND NOT EXISTS (
          SELECT
          FROM catalog.table_absence a
          WHERE a.table_id = t.table_id
            AND a.from_snapshot <= :snapshotId
            AND a.until_snapshot > :snapshotId)
      ORDER BY name COLLATE "C"
      """)
  List<TableInfo> listAt(String tenantId, long snapshotId);

  @SqlQuery(
      """
      SELECT t.table_id, t.tenant_id, t.name, t.event_key, t.sort_by, t.key_window_ms, t.shards,
             t.created_in, CAST(NULL AS bigint) AS dropped_in, t.created_at,
             t.schema_version, t.field_ids, t.names, t.types, t.required, t.default_values,
             (SELECT max(c.snapshot_id)
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
      JOIN catalog.table_with_schema t
        ON t.tenant_id = s.tenant_id
        AND t.created_in <= s.snapshot_id
        AND (t.dropped_in IS NULL OR t.dropped_in > s.snapshot_id)
        AND t.schema_begin <= s.snapshot_id
        AND (t.schema_end IS NULL OR t.schema_end > s.snapshot_id)
      WHERE s.tenant_id = :tenantId
        AND s.snapshot_id = :snapshotId
        AND lower(t.name COLLATE "C") = lower(:name COLLATE "C")
        AND NOT EXISTS (
          SELECT
          FROM catalog.table_absence a
          WHERE a.table_id = t.table_id
            AND a.from_snapshot <= s.snapshot_id
            AND a.until_snapshot > s.snapshot_id)
      """)
  Optional<TableAtSnapshot> findAt(String tenantId, long snapshotId, String name);

  @SqlQuery(
      """
      SELECT schema_version, field_ids, names, types, required, default_values
      FROM catalog.table_with_schema
      WHERE table_id = :tableId
        AND schema_version = :schemaVersion
      """)
  Optional<TableSchema> findSchema(UUID tableId, int schemaVersion);

  @SqlQuery(
      """
      SELECT table_id,
             CAST(sum(accepted) AS bigint) AS accepted,
             CAST(sum(visible) AS bigint) AS visible,
             CAST(sum(duplicates) AS bigint) AS duplicates,
             CAST(sum(quarantined) AS bigint) AS quarantined
      FROM catalog.table_shard
      WHERE table_id = :tableId
      GROUP BY table_id
      """)
  Optional<TableCounts> counts(UUID tableId);

  /**
   * A table at a snapshot, the last snapshot until then that changed it, and whether it can be read
   * there.
   */
  record TableAtSnapshot(TableInfo table, SnapshotId changedIn, boolean readable) {}

  /** Maps a row of {@code table_with_schema}. */
  final class TableInfoMapper implements RowMapper<TableInfo> {
    @Override
    public TableInfo map(ResultSet row, StatementContext context) throws SQLException {
      List<ShardId> shards = Rows.texts(row, "shards").stream().map(ShardId::new).toList();
      Long droppedIn = Rows.nullableLong(row, "dropped_in");
      return new TableInfo(
          new TableId(row.getObject("table_id", UUID.class)),
          new TenantId(row.getString("tenant_id")),
          row.getString("name"),
          TableSchemaMapper.schema(row),
          Rows.texts(row, "event_key"),
          Rows.texts(row, "sort_by"),
          new TableSettings(Duration.ofMillis(row.getLong("key_window_ms")), shards.size()),
          shards,
          new SnapshotId(row.getLong("created_in")),
          droppedIn == null ? null : new SnapshotId(droppedIn),
          Rows.instant(row, "created_at"));
    }
  }

  /** Maps a row of {@code table_with_schema} with {@code changed_in}. */
  final class TableAtSnapshotMapper implements RowMapper<TableAtSnapshot> {
    @Override
    public TableAtSnapshot map(ResultSet row, StatementContext context) throws SQLException {
      return new TableAtSnapshot(
          new TableInfoMapper().map(row, context),
          new SnapshotId(row.getLong("changed_in")),
          row.getBoolean("readable"));
    }
  }

  /** Maps the columns of {@code table_with_schema} that are the schema. */
  final class TableSchemaMapper implements RowMapper<TableSchema> {
    @Override
    public TableSchema map(ResultSet row, StatementContext context) throws SQLException {
      return schema(row);
    }

    static TableSchema schema(ResultSet row) throws SQLException {
      Integer[] fieldIds = (Integer[]) Rows.elements(row, "field_ids");
      List<String> names = Rows.texts(row, "names");
      List<String> types = Rows.texts(row, "types");
      Boolean[] required = (Boolean[]) Rows.elements(row, "required");
      @Nullable String[] defaultValues = (String[]) Rows.elements(row, "default_values");
      List<ColumnDefinition> columns = new ArrayList<>(fieldIds.length);
      for (int i = 0; i < fieldIds.length; i++) {
        columns.add(
            new ColumnDefinition(
                fieldIds[i], names.get(i), types.get(i), required[i], defaultValues[i]));
      }
      return new TableSchema(row.getInt("schema_version"), columns);
    }
  }

  /** Maps sums over {@code table_shard}. */
  final class TableCountsMapper implements RowMapper<TableCounts> {
    @Override
    public TableCounts map(ResultSet row, StatementContext context) throws SQLException {
      return new TableCounts(
          new TableId(row.getObject("table_id", UUID.class)),
          row.getLong("accepted"),
          row.getLong("visible"),
          row.getLong("duplicates"),
          row.getLong("quarantined"));
    }
  }
}

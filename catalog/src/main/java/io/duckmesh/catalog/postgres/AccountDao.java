package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.FileRows;
import io.duckmesh.catalog.ShardAccount;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jspecify.annotations.Nullable;

/** Accounts; each is one statement, so all of it is of one moment. */
@RegisterRowMapper(AccountDao.AccountRowMapper.class)
@RegisterRowMapper(AccountDao.FileRowsMapper.class)
interface AccountDao {
  @SqlQuery(
      """
      SELECT s.shard_id, s.tenant_id, s.watermark, s.snapshot_id, s.tableless,
             ts.table_id, t.name, t.dropped_in IS NOT NULL AS dropped,
             ts.accepted, ts.visible, ts.duplicates, ts.quarantined
      FROM catalog.shard s
      LEFT JOIN (catalog.table_shard ts JOIN catalog.tenant_table t USING (table_id))
        USING (shard_id)
      WHERE s.tenant_id = :tenantId
      ORDER BY s.shard_id COLLATE "C", t.name COLLATE "C", t.table_number
      """)
  List<AccountRow> list(String tenantId);

  @SqlQuery(
      """
      SELECT s.shard_id, s.tenant_id, s.watermark, s.snapshot_id, s.tableless,
             ts.table_id, t.name, t.dropped_in IS NOT NULL AS dropped,
             ts.accepted, ts.visible, ts.duplicates, ts.quarantined
      FROM catalog.shard s
      LEFT JOIN (catalog.table_shard ts JOIN catalog.tenant_table t USING (table_id))
        USING (shard_id)
      WHERE s.shard_id = :shardId
      ORDER BY t.name COLLATE "C", t.table_number
      """)
  List<AccountRow> load(String shardId);

  @SqlQuery(
      """
      SELECT t.table_id, t.name,
             (SELECT CAST(sum(ts.visible) AS bigint)
              FROM catalog.table_shard ts
              WHERE ts.table_id = t.table_id) AS visible,
             t.rows_changed,
             (SELECT CAST(coalesce(sum(f.row_count), 0) AS bigint)
              FROM catalog.data_file f
              WHERE f.table_id = t.table_id
                AND f.begin_snapshot IS NOT NULL
                AND f.end_snapshot IS NULL) AS file_rows
      FROM catalog.tenant_table t
      WHERE t.tenant_id = :tenantId
        AND t.dropped_in IS NULL
      ORDER BY t.name COLLATE "C"
      """)
  List<FileRows> fileRows(String tenantId);

  /** A shard and one of its tables, null if it has none. */
  record AccountRow(
      ShardId shard,
      TenantId tenant,
      long watermark,
      SnapshotId snapshot,
      long tableless,
      ShardAccount.@Nullable TableAccount table) {}

  /** Maps a row of {@code shard} with one of {@code table_shard}. */
  final class AccountRowMapper implements RowMapper<AccountRow> {
    @Override
    public AccountRow map(ResultSet row, StatementContext context) throws SQLException {
      UUID tableId = row.getObject("table_id", UUID.class);
      return new AccountRow(
          new ShardId(row.getString("shard_id")),
          new TenantId(row.getString("tenant_id")),
          row.getLong("watermark"),
          new SnapshotId(row.getLong("snapshot_id")),
          row.getLong("tableless"),
          tableId == null
              ? null
              : new ShardAccount.TableAccount(
                  row.getString("name"),
                  row.getBoolean("dropped"),
                  new TableCounts(
                      new TableId(tableId),
                      row.getLong("accepted"),
                      row.getLong("visible"),
                      row.getLong("duplicates"),
                      row.getLong("quarantined"))));
    }
  }

  /** Maps a table's two sums. */
  final class FileRowsMapper implements RowMapper<FileRows> {
    @Override
    public FileRows map(ResultSet row, StatementContext context) throws SQLException {
      return new FileRows(
          new TableId(row.getObject("table_id", UUID.class)),
          row.getString("name"),
          row.getLong("visible"),
          row.getLong("rows_changed"),
          row.getLong("file_rows"));
    }
  }
}

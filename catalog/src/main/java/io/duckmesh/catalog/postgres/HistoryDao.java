package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.Pin;
import io.duckmesh.catalog.upkeep.TableExpiry;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
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

/** Which snapshots can be read, and pins. */
@RegisterRowMapper(HistoryDao.PinMapper.class)
@RegisterRowMapper(HistoryDao.TableExpiryMapper.class)
interface HistoryDao {
  /** Makes the tenant's row; does nothing if there is one, or no such tenant. */
  @SqlUpdate(
      """
      INSERT INTO catalog.tenant_history (tenant_id)
      SELECT tenant_id
      FROM catalog.tenant
      WHERE tenant_id = :tenantId
      ON CONFLICT DO NOTHING
      """)
  void insertIfAbsent(String tenantId);

  /**
   * Locks the tenant's row against pins, expiries, restores and marking, to the end of the
   * transaction; empty if there is no such tenant.
   */
  @SqlQuery(
      """
      SELECT history_from
      FROM catalog.tenant_history
      WHERE tenant_id = :tenantId
      FOR NO KEY UPDATE
      """)
  Optional<Long> lock(String tenantId);

  /** The tenant's first readable snapshot, now and by its own policy; empty if no such tenant. */
  @SqlQuery(
      """
      SELECT coalesce(h.history_from, 0) AS before,
             greatest(1, least(
               t.newest_snapshot_id - coalesce(p.keep_at_least, :keepAtLeast) + 1,
               coalesce(
                 (SELECT s.snapshot_id
                  FROM catalog.snapshot s
                  WHERE s.tenant_id = t.tenant_id
                    AND s.committed_at <= CAST(:now AS timestamptz)
                      - coalesce(p.keep_snapshots_ms, :keepMs) * interval '1 millisecond'
                  ORDER BY s.committed_at DESC
                  LIMIT 1), 1))) AS history_from
      FROM catalog.tenant t
      LEFT JOIN catalog.tenant_history h USING (tenant_id)
      LEFT JOIN catalog.tenant_policy p USING (tenant_id)
      WHERE t.tenant_id = :tenantId
      """)
  @RegisterConstructorMapper(TenantExpiry.class)
  Optional<TenantExpiry> planTenant(String tenantId, Instant now, long keepMs, int keepAtLeast);

  /** What each table's first readable snapshot is now and by its policy, dropped ones too. */
  @SqlQuery(
      """
      SELECT t.table_id, t.name, t.history_from AS before,
             greatest(t.history_from, 1, least(
               n.newest_snapshot_id
                 - coalesce(p.keep_at_least, d.keep_at_least, :keepAtLeast) + 1,
               coalesce(
                 (SELECT s.snapshot_id
                  FROM catalog.snapshot s
                  WHERE s.tenant_id = t.tenant_id
                    AND s.committed_at <= CAST(:now AS timestamptz)
                      - coalesce(p.keep_snapshots_ms, d.keep_snapshots_ms, :keepMs)
                        * interval '1 millisecond'
                  ORDER BY s.committed_at DESC
                  LIMIT 1), 1))) AS history_from
      FROM catalog.tenant_table t
      JOIN catalog.tenant n USING (tenant_id)
      LEFT JOIN catalog.table_policy p USING (table_id)
      LEFT JOIN catalog.tenant_policy d ON d.tenant_id = t.tenant_id
      WHERE t.tenant_id = :tenantId
        AND (t.dropped_in IS NULL OR t.dropped_in > t.history_from)
      ORDER BY t.name COLLATE "C", t.table_number
      """)
  List<TableExpiry> planTables(String tenantId, Instant now, long keepMs, int keepAtLeast);

  /** How many snapshots from the one until before the other can be read only until then. */
  @SqlQuery(
      """
      SELECT greatest(0, CAST(:historyFrom AS bigint) - greatest(1, :before))
             - (SELECT count(DISTINCT p.snapshot_id)
                FROM catalog.pin p
                WHERE p.tenant_id = :tenantId
                  AND p.snapshot_id >= greatest(1, :before)
                  AND p.snapshot_id < :historyFrom
                  AND (p.expires_at IS NULL OR p.expires_at > :now))
             + (SELECT count(*)
                FROM (SELECT p.snapshot_id
                      FROM catalog.pin p
                      WHERE p.tenant_id = :tenantId
                        AND p.snapshot_id < least(greatest(1, :before), :historyFrom)
                      GROUP BY p.snapshot_id
                      HAVING bool_and(p.expires_at IS NOT NULL AND p.expires_at <= :now)) l)
      """)
  long countExpiring(String tenantId, long before, long historyFrom, Instant now);

  @SqlUpdate(
      """
      UPDATE catalog.tenant_history
      SET history_from = :historyFrom
      WHERE tenant_id = :tenantId
        AND history_from < :historyFrom
      """)
  void expireTenant(String tenantId, long historyFrom);

  @SqlUpdate(
      """
      UPDATE catalog.tenant_table t
      SET history_from = e.history_from
      FROM unnest(:tableIds, :historyFroms) AS e(table_id, history_from)
      WHERE t.table_id = e.table_id
        AND t.tenant_id = :tenantId
        AND t.history_from < e.history_from
      """)
  void expireTables(String tenantId, UUID[] tableIds, long[] historyFroms);

  @SqlUpdate(
      """
      DELETE FROM catalog.pin p
      USING unnest(:names, :snapshotIds) AS l(name, snapshot_id)
      WHERE p.tenant_id = :tenantId
        AND p.name = l.name
        AND p.snapshot_id = l.snapshot_id
        AND p.expires_at <= :now
      """)
  void deleteLapsed(String tenantId, String[] names, long[] snapshotIds, Instant now);

  /** Sets the pin if the snapshot can be read in all its tables. */
  @SqlQuery(
      """
      INSERT INTO catalog.pin (tenant_id, name, snapshot_id, created_at, expires_at)
      SELECT s.tenant_id, :name, s.snapshot_id, :now, :expiresAt
      FROM catalog.snapshot s
      WHERE s.tenant_id = :tenantId
        AND s.snapshot_id = :snapshotId
        AND (
          NOT EXISTS (
            SELECT
            FROM catalog.tenant_history h
            WHERE h.tenant_id = s.tenant_id
              AND h.history_from > s.snapshot_id)
          AND NOT EXISTS (
            SELECT
            FROM catalog.tenant_table t
            WHERE t.tenant_id = s.tenant_id
              AND t.created_in <= s.snapshot_id
              AND (t.dropped_in IS NULL OR t.dropped_in > s.snapshot_id)
              AND t.history_from > s.snapshot_id)
          OR EXISTS (
            SELECT
            FROM catalog.pin p
            WHERE p.tenant_id = s.tenant_id
              AND p.snapshot_id = s.snapshot_id))
      ON CONFLICT (tenant_id, name) DO UPDATE
      SET snapshot_id = EXCLUDED.snapshot_id,
          created_at = EXCLUDED.created_at,
          expires_at = EXCLUDED.expires_at
      RETURNING tenant_id, name, snapshot_id, created_at, expires_at
      """)
  Optional<Pin> pin(
      String tenantId, String name, long snapshotId, Instant now, @Nullable Instant expiresAt);

  @SqlUpdate(
      """
      DELETE FROM catalog.pin
      WHERE tenant_id = :tenantId
        AND name = :name
      """)
  int unpin(String tenantId, String name);

  @SqlQuery(
      """
      SELECT tenant_id, name, snapshot_id, created_at, expires_at
      FROM catalog.pin
      WHERE tenant_id = :tenantId
      ORDER BY name COLLATE "C"
      """)
  List<Pin> pins(String tenantId);

  /**
   * Deletes snapshots that have expired and that no landed batch names: batches of a shard name
   * them in order, so the first one of each shard tells.
   */
  @SqlUpdate(
      """
      WITH until AS MATERIALIZED (
        SELECT least(
          (SELECT h.history_from
           FROM catalog.tenant_history h
           WHERE h.tenant_id = :tenantId),
          (SELECT min(b.snapshot_id)
           FROM catalog.shard s
           CROSS JOIN LATERAL (
             SELECT b.snapshot_id
             FROM catalog.landed_batch b
             WHERE b.shard_id = s.shard_id
             ORDER BY b.up_to_position
             LIMIT 1
           ) b
           WHERE s.tenant_id = :tenantId)) AS snapshot_id
      )
      DELETE FROM catalog.snapshot d
      USING (
        SELECT s.snapshot_id
        FROM catalog.snapshot s
        WHERE s.tenant_id = :tenantId
          AND s.snapshot_id < (SELECT snapshot_id FROM until)
          AND NOT EXISTS (
            SELECT
            FROM catalog.pin p
            WHERE p.tenant_id = s.tenant_id
              AND p.snapshot_id = s.snapshot_id)
          AND NOT EXISTS (
            SELECT
            FROM catalog.tenant_table t
            WHERE t.tenant_id = s.tenant_id
              AND t.dropped_in = s.snapshot_id)
        ORDER BY s.snapshot_id
        LIMIT :limit
      ) old
      WHERE d.tenant_id = :tenantId
        AND d.snapshot_id = old.snapshot_id
      """)
  int forgetSnapshots(String tenantId, int limit);

  /**
   * Deletes changes of tables before the last one until the first snapshot that can be read, but
   * not the last one until a pinned snapshot.
   */
  @SqlUpdate(
      """
      WITH old AS MATERIALIZED (
        SELECT c.table_id, c.snapshot_id
        FROM catalog.tenant_table t
        CROSS JOIN LATERAL (
          SELECT max(c.snapshot_id) AS snapshot_id
          FROM catalog.snapshot_table c
          WHERE c.table_id = t.table_id
            AND c.snapshot_id <= t.history_from
        ) kept
        JOIN catalog.snapshot_table c
          ON c.table_id = t.table_id
          AND c.snapshot_id < kept.snapshot_id
        WHERE t.tenant_id = :tenantId
          AND c.snapshot_id <> ALL (ARRAY(
            SELECT (SELECT max(k.snapshot_id)
                    FROM catalog.snapshot_table k
                    WHERE k.table_id = t.table_id
                      AND k.snapshot_id <= p.snapshot_id)
            FROM catalog.pin p
            WHERE p.tenant_id = :tenantId
              AND p.snapshot_id >= t.created_in))
        LIMIT :limit
      )
      DELETE FROM catalog.snapshot_table d
      USING old
      WHERE d.table_id = old.table_id
        AND d.snapshot_id = old.snapshot_id
      """)
  int forgetChanges(String tenantId, int limit);

  /** Deletes rewrites that were finished long ago and have no files that collection looks for. */
  @SqlUpdate(
      """
      DELETE FROM catalog.rewrite d
      USING (
        SELECT r.rewrite_id
        FROM catalog.rewrite r
        JOIN catalog.tenant_table t USING (table_id)
        WHERE t.tenant_id = :tenantId
          AND r.begun_at < :before
          AND NOT EXISTS (
            SELECT
            FROM catalog.data_file f
            WHERE f.write_id = r.rewrite_id
              AND f.begin_snapshot IS NULL)
        LIMIT :limit
      ) old
      WHERE d.rewrite_id = old.rewrite_id
      """)
  int forgetRewrites(String tenantId, Instant before, int limit);

  @SqlUpdate(
      """
      DELETE FROM catalog.reader
      WHERE leased_until < :before
        AND tenant_id = :tenantId
      """)
  int forgetReaders(String tenantId, Instant before);

  /** The tenant's first readable snapshot, and what it would be by its own policy. */
  record TenantExpiry(long before, long historyFrom) {}

  /** Maps a row of {@code pin}. */
  final class PinMapper implements RowMapper<Pin> {
    @Override
    public Pin map(ResultSet row, StatementContext context) throws SQLException {
      @Nullable OffsetDateTime expiresAt = row.getObject("expires_at", OffsetDateTime.class);
      return new Pin(
          new TenantId(row.getString("tenant_id")),
          row.getString("name"),
          new SnapshotId(row.getLong("snapshot_id")),
          Rows.instant(row, "created_at"),
          expiresAt == null ? null : expiresAt.toInstant());
    }
  }

  /** Maps a table with its first readable snapshots. */
  final class TableExpiryMapper implements RowMapper<TableExpiry> {
    @Override
    public TableExpiry map(ResultSet row, StatementContext context) throws SQLException {
      return new TableExpiry(
          new TableId(row.getObject("table_id", UUID.class)),
          row.getString("name"),
          new SnapshotId(row.getLong("before")),
          new SnapshotId(row.getLong("history_from")));
    }
  }
}

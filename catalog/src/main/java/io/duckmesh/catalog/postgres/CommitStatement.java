package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.Commit;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.catalog.Writes;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/**
 * The commit of a write, whole: five statements that the driver sends together in one round trip.
 * In autocommit mode the server runs what comes together as one transaction. It needs nothing from
 * us once it is sent: a process that is stopped in the middle of a commit holds no lock.
 *
 * <p>Locks are taken shard first, then tenant; everything else that locks both a tenant and more
 * takes the tenant alone. What is decided is decided by the third statement, which starts when both
 * locks are held and so sees whatever was committed before them.
 */
final class CommitStatement {
  private static final String COMMIT =
      """
      SELECT 1
      FROM catalog.shard
      WHERE shard_id = (SELECT w.shard_id FROM catalog.write w WHERE w.write_id = :writeId)
      FOR NO KEY UPDATE;

      SELECT 1
      FROM catalog.tenant
      WHERE tenant_id = (
        SELECT s.tenant_id
        FROM catalog.write w
        JOIN catalog.shard s USING (shard_id)
        WHERE w.write_id = :writeId)
      FOR NO KEY UPDATE;

      WITH ready AS MATERIALIZED (
        SELECT w.write_id, w.shard_id, s.tenant_id, w.after_position, w.up_to_position,
               w.prepared_day, w.table_ids, w.accepted, w.visible, w.duplicates, w.quarantined,
               w.tableless,
               t.newest_snapshot_id + 1 AS snapshot_id,
               greatest(:now, t.newest_committed_at + interval '1 microsecond') AS committed_at
        FROM catalog.write w
        JOIN catalog.shard s USING (shard_id)
        JOIN catalog.tenant t USING (tenant_id)
        WHERE w.write_id = :writeId
          AND w.state = 'prepared'
          AND s.watermark = w.after_position
          AND w.begun_at >= CAST(:now AS timestamptz) - :longestWriteMs * interval '1 millisecond'
          AND NOT EXISTS (
            SELECT
            FROM catalog.data_file f
            JOIN catalog.tenant_table d USING (table_id)
            WHERE f.write_id = w.write_id
              AND f.row_count IS NOT NULL
              AND d.dropped_in IS NOT NULL)
          AND NOT EXISTS (
            SELECT
            FROM unnest(w.table_ids, w.visible) AS c(table_id, visible)
            JOIN catalog.tenant_table d USING (table_id)
            WHERE c.visible > 0
              AND d.dropped_in IS NOT NULL)
      ), numbered AS (
        UPDATE catalog.tenant t
        SET newest_snapshot_id = r.snapshot_id,
            newest_committed_at = r.committed_at
        FROM ready r
        WHERE t.tenant_id = r.tenant_id
      ), snapshotted AS (
        INSERT INTO catalog.snapshot (tenant_id, snapshot_id, committed_at, operation)
        SELECT tenant_id, snapshot_id, committed_at, 'append'
        FROM ready
      ), moved AS (
        UPDATE catalog.shard s
        SET watermark = r.up_to_position,
            snapshot_id = r.snapshot_id,
            tableless = s.tableless + coalesce(r.tableless, 0)
        FROM ready r
        WHERE s.shard_id = r.shard_id
          AND s.watermark = r.after_position
      ), landed AS (
        INSERT INTO catalog.landed_batch
          (shard_id, up_to_position, after_position, tenant_id, snapshot_id, write_id, prepared_day)
        SELECT shard_id, up_to_position, after_position, tenant_id, snapshot_id, write_id,
               prepared_day
        FROM ready
      ), committed AS (
        UPDATE catalog.write w
        SET state = 'committed',
            snapshot_id = r.snapshot_id
        FROM ready r
        WHERE w.write_id = r.write_id
      ), counted AS (
        UPDATE catalog.table_shard ts
        SET accepted = ts.accepted
                       + coalesce(c.accepted, c.visible + c.duplicates + c.quarantined),
            visible = ts.visible + c.visible,
            duplicates = ts.duplicates + c.duplicates,
            quarantined = ts.quarantined + c.quarantined
        FROM ready r
        CROSS JOIN LATERAL unnest(
            r.table_ids, r.accepted, r.visible, r.duplicates, r.quarantined)
          AS c(table_id, accepted, visible, duplicates, quarantined)
        WHERE ts.table_id = c.table_id
          AND ts.shard_id = r.shard_id
      ), live AS (
        UPDATE catalog.data_file f
        SET begin_snapshot = r.snapshot_id
        FROM ready r
        WHERE f.write_id = r.write_id
          AND f.row_count IS NOT NULL
        RETURNING f.table_id, f.begin_snapshot
      ), changed AS (
        INSERT INTO catalog.snapshot_table (table_id, snapshot_id)
        SELECT DISTINCT table_id, begin_snapshot
        FROM live
      )
      SELECT pg_notify('duckmesh_watermark', r.shard_id || ' ' || r.up_to_position)
      FROM ready r;

      UPDATE catalog.write
      SET state = 'over'
      WHERE write_id = :writeId
        AND state = 'prepared';

      SELECT w.write_id, w.shard_id, s.tenant_id, w.state, w.after_position, w.up_to_position,
             s.watermark, w.snapshot_id, n.committed_at, n.operation,
             (SELECT coalesce(sum(v), 0) FROM unnest(w.visible) v) AS visible,
             (SELECT coalesce(sum(v), 0) FROM unnest(w.duplicates) v) AS duplicates,
             (SELECT coalesce(sum(v), 0) FROM unnest(w.quarantined) v) AS quarantined
      FROM catalog.write w
      JOIN catalog.shard s USING (shard_id)
      LEFT JOIN catalog.snapshot n
        ON n.tenant_id = s.tenant_id
        AND n.snapshot_id = w.snapshot_id
      WHERE w.write_id = :writeId
      """;

  /** How a commit ended. */
  sealed interface CommitOutcome {
    /** Now or before. */
    record Committed(ShardId shard, Commit commit) implements CommitOutcome {}

    /** The write was not prepared. */
    record Open() implements CommitOutcome {}

    /** The write can never be committed. */
    record Over(String reason) implements CommitOutcome {}
  }

  /** Commits the write unless it is committed or cannot be; empty if there is no such write. */
  static Optional<CommitOutcome> execute(Handle handle, long writeId, Instant now) {
    requireAutocommit(handle);
    return Optional.ofNullable(
        handle
            .createQuery(COMMIT)
            .bind("writeId", writeId)
            .bind("now", now)
            .bind("longestWriteMs", Writes.LONGEST_WRITE.toMillis())
            .execute(CommitStatement::readOutcome));
  }

  /** The statements of one round trip are a transaction of their own, and no part of another. */
  static void requireAutocommit(Handle handle) {
    if (handle.isInTransaction()) {
      throw new IllegalStateException(
          "Connections of the catalog's pool must be in autocommit mode");
    }
  }

  private static @Nullable CommitOutcome readOutcome(
      Supplier<PreparedStatement> executed, StatementContext context) throws SQLException {
    try (context) {
      PreparedStatement statement = executed.get();
      ResultSet row = lastResultSet(statement);
      if (!row.next()) {
        return null;
      }
      return switch (row.getString("state")) {
        case "committed" -> committed(row);
        case "over" -> over(row);
        default -> new CommitOutcome.Open();
      };
    }
  }

  static ResultSet lastResultSet(PreparedStatement statement) throws SQLException {
    ResultSet last = null;
    do {
      ResultSet next = statement.getResultSet();
      if (next != null) {
        last = next;
      }
    } while (statement.getMoreResults(PreparedStatement.KEEP_CURRENT_RESULT)
        || statement.getUpdateCount() != -1);
    if (last == null) {
      throw new SQLException("The commit has no result");
    }
    return last;
  }

  private static CommitOutcome committed(ResultSet row) throws SQLException {
    Snapshot snapshot =
        new Snapshot(
            new TenantId(row.getString("tenant_id")),
            new SnapshotId(row.getLong("snapshot_id")),
            Rows.instant(row, "committed_at"),
            row.getString("operation"));
    Commit commit =
        new Commit(
            new WriteId(row.getLong("write_id")),
            snapshot,
            row.getLong("up_to_position"),
            row.getLong("visible"),
            row.getLong("duplicates"),
            row.getLong("quarantined"));
    return new CommitOutcome.Committed(new ShardId(row.getString("shard_id")), commit);
  }

  private static CommitOutcome over(ResultSet row) throws SQLException {
    long after = row.getLong("after_position");
    long watermark = row.getLong("watermark");
    String why =
        watermark == after
            ? "it was given up, is too old, or a table of its rows was dropped"
            : "the watermark is %d, not %d".formatted(watermark, after);
    return new CommitOutcome.Over(
        "Cannot commit write %d of shard %s: %s"
            .formatted(row.getLong("write_id"), row.getString("shard_id"), why));
  }

  private CommitStatement() {}
}

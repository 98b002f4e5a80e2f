package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.Snapshot;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.RewriteCommit;
import io.duckmesh.catalog.upkeep.RewriteId;
import io.duckmesh.catalog.upkeep.Rewrites;
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
 * The publishing of a rewrite, whole: statements that the driver sends together in one round trip,
 * as {@link CommitStatement} does. What is decided is decided by the second one, which starts when
 * the tenant is locked: whoever ends files, drops the table or marks pending files locks it, too.
 */
final class PublishStatement {
  private static final String PUBLISH =
      """
      SELECT 1
      FROM catalog.tenant
      WHERE tenant_id = (
        SELECT t.tenant_id
        FROM catalog.rewrite r
        JOIN catalog.tenant_table t USING (table_id)
        WHERE r.rewrite_id = :rewriteId)
      FOR NO KEY UPDATE;

      WITH ready AS MATERIALIZED (
        SELECT r.rewrite_id, r.table_id, d.tenant_id, r.kind, r.input_keys, r.rows_in, r.rows_out,
               r.place, r.place_key, r.rewrites, r.seals,
               t.newest_snapshot_id + 1 AS snapshot_id,
               greatest(:now, t.newest_committed_at + interval '1 microsecond') AS committed_at
        FROM catalog.rewrite r
        JOIN catalog.tenant_table d USING (table_id)
        JOIN catalog.tenant t USING (tenant_id)
        WHERE r.rewrite_id = :rewriteId
          AND r.state = 'prepared'
          AND d.dropped_in IS NULL
          AND r.begun_at >= CAST(:now AS timestamptz) - :longestMs * interval '1 millisecond'
          AND r.input_count = (
            SELECT count(*)
            FROM unnest(r.input_keys) AS k(object_key)
            JOIN catalog.data_file f
              ON f.object_key = k.object_key
              AND f.table_id = r.table_id
            WHERE f.begin_snapshot IS NOT NULL
              AND f.end_snapshot IS NULL)
          AND r.rows_out = (
            SELECT coalesce(sum(f.row_count), 0)
            FROM catalog.data_file f
            WHERE f.write_id = r.rewrite_id
              AND f.row_count IS NOT NULL)
      ), numbered AS (
        UPDATE catalog.tenant t
        SET newest_snapshot_id = r.snapshot_id,
            newest_committed_at = r.committed_at
        FROM ready r
        WHERE t.tenant_id = r.tenant_id
      ), snapshotted AS (
        INSERT INTO catalog.snapshot (tenant_id, snapshot_id, committed_at, operation)
        SELECT tenant_id, snapshot_id, committed_at, kind
        FROM ready
      ), changed AS (
        INSERT INTO catalog.snapshot_table (table_id, snapshot_id)
        SELECT table_id, snapshot_id
        FROM ready
      ), ended AS (
        UPDATE catalog.data_file f
        SET end_snapshot = r.snapshot_id
        FROM ready r
        CROSS JOIN unnest(r.input_keys) AS k(object_key)
        WHERE f.object_key = k.object_key
          AND f.table_id = r.table_id
          AND f.begin_snapshot IS NOT NULL
          AND f.end_snapshot IS NULL
      ), begun AS (
        UPDATE catalog.data_file f
        SET begin_snapshot = r.snapshot_id,
            place = r.place,
            place_key = r.place_key,
            rewrites = r.rewrites,
            sealed = r.seals
        FROM ready r
        WHERE f.write_id = r.rewrite_id
          AND f.row_count IS NOT NULL
      ), counted AS (
        UPDATE catalog.tenant_table t
        SET rows_changed = t.rows_changed + r.rows_out - r.rows_in
        FROM ready r
        WHERE t.table_id = r.table_id
          AND r.rows_out <> r.rows_in
      )
      UPDATE catalog.rewrite w
      SET state = 'published',
          snapshot_id = r.snapshot_id
      FROM ready r
      WHERE w.rewrite_id = r.rewrite_id;

      UPDATE catalog.rewrite
      SET state = 'over'
      WHERE rewrite_id = :rewriteId
        AND state = 'prepared';

      SELECT r.rewrite_id, r.state, r.table_id, t.tenant_id, t.name,
             t.dropped_in IS NOT NULL AS dropped, r.input_count, r.rows_in, r.rows_out,
             r.begun_at, r.snapshot_id, s.committed_at, s.operation
      FROM catalog.rewrite r
      JOIN catalog.tenant_table t USING (table_id)
      LEFT JOIN catalog.snapshot s
        ON s.tenant_id = t.tenant_id
        AND s.snapshot_id = r.snapshot_id
      WHERE r.rewrite_id = :rewriteId
      """;

  /** How publishing ended. */
  sealed interface PublishOutcome {
    /** Now or before. */
    record Published(RewriteCommit commit) implements PublishOutcome {}

    /** The rewrite was not prepared. */
    record Planned() implements PublishOutcome {}

    /** The rewrite can never be published. */
    record Over(String reason) implements PublishOutcome {}
  }

  /** Publishes the rewrite unless it is published or cannot be; empty if there is none. */
  static Optional<PublishOutcome> execute(Handle handle, long rewriteId, Instant now) {
    CommitStatement.requireAutocommit(handle);
    return Optional.ofNullable(
        handle
            .createQuery(PUBLISH)
            .bind("rewriteId", rewriteId)
            .bind("now", now)
            .bind("longestMs", Rewrites.LONGEST_REWRITE.toMillis())
            .execute(PublishStatement::readOutcome));
  }

  private static @Nullable PublishOutcome readOutcome(
      Supplier<PreparedStatement> executed, StatementContext context) throws SQLException {
    try (context) {
      ResultSet row = CommitStatement.lastResultSet(executed.get());
      if (!row.next()) {
        return null;
      }
      return switch (row.getString("state")) {
        case "published" -> published(row);
        case "over" -> over(row);
        default -> new PublishOutcome.Planned();
      };
    }
  }

  private static PublishOutcome published(ResultSet row) throws SQLException {
    long rowsOut = row.getLong("rows_out");
    return new PublishOutcome.Published(
        new RewriteCommit(
            new RewriteId(row.getLong("rewrite_id")),
            new Snapshot(
                new TenantId(row.getString("tenant_id")),
                new SnapshotId(row.getLong("snapshot_id")),
                Rows.instant(row, "committed_at"),
                row.getString("operation")),
            row.getInt("input_count"),
            row.getLong("rows_in"),
            rowsOut == 0 ? 0 : 1,
            rowsOut));
  }

  private static PublishOutcome over(ResultSet row) throws SQLException {
    String why =
        row.getBoolean("dropped")
            ? "the table was dropped"
            : "a file of it lives no more, it was given up, or it is too old, begun at "
                + Rows.instant(row, "begun_at");
    return new PublishOutcome.Over(
        "Cannot publish rewrite %d of %d files of table %s: %s"
            .formatted(
                row.getLong("rewrite_id"), row.getInt("input_count"), row.getString("name"), why));
  }

  private PublishStatement() {}
}

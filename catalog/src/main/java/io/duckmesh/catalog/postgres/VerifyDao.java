package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.LandedBatch;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.StoredFile;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.UnevenCommit;
import io.duckmesh.catalog.VerifyFinding;
import io.duckmesh.catalog.VerifyRun;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

@RegisterRowMapper(VerifyDao.RunMapper.class)
@RegisterRowMapper(VerifyDao.FindingMapper.class)
@RegisterRowMapper(VerifyDao.StoredFileMapper.class)
@RegisterRowMapper(VerifyDao.LandedBatchMapper.class)
interface VerifyDao {
  /** Locks the tenant, so that of its runs that begin at once the last one stays. */
  @SqlQuery(
      """
      SELECT newest_snapshot_id
      FROM catalog.tenant
      WHERE tenant_id = :tenantId
      FOR NO KEY UPDATE
      """)
  Optional<Long> lockTenant(String tenantId);

  @SqlUpdate(
      """
      INSERT INTO catalog.verify_run (run_id, tenant_id, snapshot_id, started_at)
      VALUES (:runId, :tenantId, :snapshotId, :now)
      """)
  void insert(String runId, String tenantId, long snapshotId, Instant now);

  @SqlUpdate(
      """
      UPDATE catalog.verify_run
      SET state = 'abandoned',
          finished_at = :now
      WHERE tenant_id = :tenantId
        AND run_id <> :runId
        AND state = 'running'
      """)
  void abandonOthers(String tenantId, String runId, Instant now);

  @SqlUpdate(
      """
      UPDATE catalog.verify_run
      SET shards = :shards,
          files = :files,
          bytes = :bytes
      WHERE run_id = :runId
        AND state = 'running'
      """)
  void advance(String runId, int shards, long files, long bytes);

  @SqlUpdate(
      """
      INSERT INTO catalog.verify_finding (run_id, kind, subject, detail, found_at)
      SELECT :runId, f.kind, f.subject, f.detail, :now
      FROM unnest(:kinds, :subjects, :details) WITH ORDINALITY
        AS f(kind, subject, detail, ordinal)
      WHERE f.ordinal + (SELECT count(*)
                         FROM catalog.verify_finding
                         WHERE run_id = :runId) <= :most
      ON CONFLICT DO NOTHING
      """)
  void record(
      String runId, String[] kinds, String[] subjects, String[] details, Instant now, long most);

  @SqlUpdate(
      """
      UPDATE catalog.verify_run r
      SET state = CASE
            WHEN EXISTS (SELECT FROM catalog.verify_finding f WHERE f.run_id = r.run_id)
            THEN 'failed'
            ELSE 'passed'
          END,
          finished_at = :now
      WHERE r.run_id = :runId
        AND r.state = 'running'
      """)
  void finish(String runId, Instant now);

  @SqlQuery(
      """
      SELECT r.run_id, r.tenant_id, r.state, r.snapshot_id, r.started_at, r.finished_at,
             r.shards, r.files, r.bytes,
             (SELECT count(*)
              FROM catalog.verify_finding f
              WHERE f.run_id = r.run_id) AS findings
      FROM catalog.verify_run r
      WHERE r.run_id = :runId
      """)
  Optional<VerifyRun> find(String runId);

  @SqlQuery(
      """
      SELECT r.run_id, r.tenant_id, r.state, r.snapshot_id, r.started_at, r.finished_at,
             r.shards, r.files, r.bytes,
             (SELECT count(*)
              FROM catalog.verify_finding f
              WHERE f.run_id = r.run_id) AS findings
      FROM catalog.verify_run r
      WHERE r.tenant_id = :tenantId
      ORDER BY r.number DESC
      LIMIT :limit
      """)
  List<VerifyRun> list(String tenantId, int limit);

  @SqlQuery(
      """
      SELECT kind, subject, detail
      FROM catalog.verify_finding
      WHERE run_id = :runId
      ORDER BY kind COLLATE "C", subject COLLATE "C"
      """)
  List<VerifyFinding> findings(String runId);

  /** In the order of the primary key's index, whatever the database's collation is. */
  @SqlQuery(
      """
      SELECT DISTINCT ON (f.object_key) f.object_key, f.table_id, t.name, f.size_bytes, f.content_hash
      FROM catalog.data_file f
      JOIN catalog.tenant_table t USING (table_id)
      WHERE t.tenant_id = :tenantId
        AND f.begin_snapshot <= :snapshotId
        AND f.object_key > :after
      ORDER BY f.object_key
      LIMIT :limit
      """)
  List<StoredFile> files(String tenantId, long snapshotId, String after, int limit);

  @SqlQuery(
      """
      SELECT EXISTS (
        SELECT
        FROM catalog.data_file
        WHERE object_key = :objectKey
          AND begin_snapshot IS NOT NULL)
      """)
  boolean isLive(String objectKey);

  @SqlQuery(
      """
      SELECT after_position, up_to_position, snapshot_id
      FROM catalog.landed_batch
      WHERE shard_id = :shardId
        AND up_to_position > :after
      ORDER BY up_to_position
      LIMIT :limit
      """)
  List<LandedBatch> landed(String shardId, long after, int limit);

  /**
   * Batches are forgotten by whole days, so none is missing after the first day of the shard that
   * is remembered, nor within the window of a table that lives.
   */
  @SqlQuery(
      """
      SELECT w.after_position, w.up_to_position, w.snapshot_id
      FROM catalog.write w
      WHERE w.shard_id = :shardId
        AND w.state = 'committed'
        AND NOT EXISTS (
          SELECT
          FROM catalog.landed_batch b
          WHERE b.write_id = w.write_id)
        AND (w.prepared_day >= (SELECT min(f.prepared_day)
                                FROM catalog.landed_batch f
                                WHERE f.shard_id = :shardId)
          OR EXISTS (
            SELECT
            FROM catalog.tenant_table t
            WHERE t.table_id = ANY (w.table_ids)
              AND t.dropped_in IS NULL
              AND w.prepared_day > CAST(
                (CAST(:now AS timestamptz)
                 - (t.key_window_ms + :longestWriteMs) * interval '1 millisecond')
                AT TIME ZONE 'UTC' AS date)))
      ORDER BY w.up_to_position
      LIMIT :limit
      """)
  List<LandedBatch> forgotten(String shardId, Instant now, long longestWriteMs, int limit);

  /** A write that was prepared before such events were counted has no number of tableless ones. */
  @SqlQuery(
      """
      SELECT b.after_position AS after, b.up_to_position AS up_to, c.duplicates, c.quarantined,
             o.duplicates AS outcome_duplicates, o.quarantined AS outcome_quarantined
      FROM catalog.landed_batch b
      JOIN catalog.write w USING (write_id)
      CROSS JOIN LATERAL (
        SELECT CAST(coalesce(sum(o.duplicates), 0) AS bigint) AS duplicates,
               CAST(coalesce(sum(o.quarantined), 0) AS bigint) AS quarantined,
               CAST(coalesce(sum(o.quarantined) FILTER (WHERE o.table_id IS NULL), 0) AS bigint)
                 AS tableless
        FROM catalog.segment_outcome o
        WHERE o.day = b.prepared_day
          AND o.write_id = b.write_id
      ) o
      CROSS JOIN LATERAL (
        SELECT CAST(coalesce(sum(u.duplicates), 0) AS bigint) AS duplicates,
               CAST(coalesce(sum(u.quarantined), 0) + coalesce(w.tableless, o.tableless) AS bigint)
                 AS quarantined
        FROM unnest(w.duplicates, w.quarantined) AS u(duplicates, quarantined)
      ) c
      WHERE b.shard_id = :shardId
        AND b.up_to_position > :after
        AND b.up_to_position <= :upTo
        AND (c.duplicates, c.quarantined) <> (o.duplicates, o.quarantined)
      ORDER BY b.up_to_position
      """)
  @RegisterConstructorMapper(UnevenCommit.class)
  List<UnevenCommit> uneven(String shardId, long after, long upTo);

  /** Maps a row of {@code verify_run} with the number of its findings. */
  final class RunMapper implements RowMapper<VerifyRun> {
    @Override
    public VerifyRun map(ResultSet row, StatementContext context) throws SQLException {
      @Nullable OffsetDateTime finishedAt = row.getObject("finished_at", OffsetDateTime.class);
      return new VerifyRun(
          row.getString("run_id"),
          new TenantId(row.getString("tenant_id")),
          VerifyRun.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
          new SnapshotId(row.getLong("snapshot_id")),
          Rows.instant(row, "started_at"),
          finishedAt == null ? null : finishedAt.toInstant(),
          row.getInt("shards"),
          row.getLong("files"),
          row.getLong("bytes"),
          row.getLong("findings"));
    }
  }

  /** Maps a row of {@code verify_finding}. */
  final class FindingMapper implements RowMapper<VerifyFinding> {
    @Override
    public VerifyFinding map(ResultSet row, StatementContext context) throws SQLException {
      return new VerifyFinding(
          VerifyFinding.Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
          row.getString("subject"),
          row.getString("detail"));
    }
  }

  /** Maps a row of {@code data_file} with its table's name. */
  final class StoredFileMapper implements RowMapper<StoredFile> {
    @Override
    public StoredFile map(ResultSet row, StatementContext context) throws SQLException {
      return new StoredFile(
          row.getString("object_key"),
          new TableId(row.getObject("table_id", UUID.class)),
          row.getString("name"),
          row.getLong("size_bytes"),
          row.getString("content_hash"));
    }
  }

  /** Maps a row of {@code landed_batch}. */
  final class LandedBatchMapper implements RowMapper<LandedBatch> {
    @Override
    public LandedBatch map(ResultSet row, StatementContext context) throws SQLException {
      return new LandedBatch(
          row.getLong("after_position"),
          row.getLong("up_to_position"),
          new SnapshotId(row.getLong("snapshot_id")));
    }
  }
}

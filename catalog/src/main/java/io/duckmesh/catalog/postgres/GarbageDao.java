package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.GarbageCounts;
import io.duckmesh.catalog.upkeep.GarbageObject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.config.RegisterConstructorMapper;
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

@RegisterRowMapper(GarbageDao.GarbageObjectMapper.class)
@RegisterConstructorMapper(GarbageDao.MarkedRow.class)
interface GarbageDao {
  /**
   * Moves spans that no readable snapshot touches to the garbage, but not objects that have another
   * one. The tenant's history must be locked: of two that do this at once each would see the
   * other's spans. What was restored may be read by queries of any earlier snapshot, and what had
   * another span that was forgotten before, by queries of that one.
   */
  @SqlQuery(
      """
      WITH dead AS MATERIALIZED (
        SELECT d.object_key, d.restored_in, d.table_id, d.size_bytes, d.begin_snapshot,
               greatest(d.end_snapshot, f.forgotten_until) AS end_snapshot,
               d.restored_in > 0 OR f.forgotten_until IS NOT NULL AS several
        FROM catalog.dead_span d
        JOIN catalog.data_file f USING (object_key, restored_in)
        WHERE d.tenant_id = :tenantId
        LIMIT :limit
      ), remembered AS (
        UPDATE catalog.data_file f
        SET forgotten_until = greatest(f.forgotten_until, d.end_snapshot)
        FROM (
          SELECT object_key, max(end_snapshot) AS end_snapshot
          FROM dead
          GROUP BY object_key
        ) d
        WHERE f.object_key = d.object_key
          AND NOT EXISTS (
            SELECT
            FROM dead o
            WHERE o.object_key = f.object_key
              AND o.restored_in = f.restored_in)
      ), gone AS (
        DELETE FROM catalog.data_file f
        USING dead d
        WHERE f.object_key = d.object_key
          AND f.restored_in = d.restored_in
      ), marked AS (
        INSERT INTO catalog.garbage
          (object_key, tenant_id, table_id, size_bytes, begin_snapshot, end_snapshot, delete_from)
        SELECT d.object_key, :tenantId, d.table_id, max(d.size_bytes),
               min(CASE WHEN d.several THEN 1 ELSE d.begin_snapshot END),
               max(d.end_snapshot), :deleteFrom
        FROM dead d
        GROUP BY d.object_key, d.table_id
        HAVING count(*) = (
          SELECT count(*)
          FROM catalog.data_file f
          WHERE f.object_key = d.object_key)
        RETURNING size_bytes
      )
      SELECT (SELECT count(*) FROM dead) AS spans,
             count(*) AS files,
             CAST(coalesce(sum(size_bytes), 0) AS bigint) AS bytes
      FROM marked
      """)
  MarkedRow markEnded(String tenantId, Instant deleteFrom, int limit);

  /** Gives writes up that are too old to be committed and have pending files. */
  @SqlUpdate(
      """
      UPDATE catalog.write w
      SET state = 'over'
      FROM catalog.tenant_table t
      JOIN catalog.data_file f USING (table_id)
      WHERE t.tenant_id = :tenantId
        AND f.begin_snapshot IS NULL
        AND w.write_id = f.write_id
        AND w.state IN ('open', 'prepared')
        AND w.begun_at < :tooOld
      """)
  void giveUpWrites(String tenantId, Instant tooOld);

  /** Gives rewrites up that are too old to be published and have pending files. */
  @SqlUpdate(
      """
      UPDATE catalog.rewrite r
      SET state = 'over'
      FROM catalog.tenant_table t
      JOIN catalog.data_file f USING (table_id)
      WHERE t.tenant_id = :tenantId
        AND f.begin_snapshot IS NULL
        AND r.rewrite_id = f.write_id
        AND r.state IN ('planned', 'prepared')
        AND r.begun_at < :tooOld
      """)
  void giveUpRewrites(String tenantId, Instant tooOld);

  /**
   * Moves pending files to the garbage whose write or rewrite is over or done. The tenant must be
   * locked: so no commit is under way that has seen another state.
   */
  @SqlQuery(
      """
      WITH dead AS MATERIALIZED (
        SELECT f.object_key, f.restored_in
        FROM catalog.tenant_table t
        JOIN catalog.data_file f USING (table_id)
        WHERE t.tenant_id = :tenantId
          AND f.begin_snapshot IS NULL
          AND NOT EXISTS (
            SELECT
            FROM catalog.write w
            WHERE w.write_id = f.write_id
              AND w.state IN ('open', 'prepared'))
          AND NOT EXISTS (
            SELECT
            FROM catalog.rewrite r
            WHERE r.rewrite_id = f.write_id
              AND r.state IN ('planned', 'prepared'))
        LIMIT :limit
      ), gone AS (
        DELETE FROM catalog.data_file f
        USING dead d
        WHERE f.object_key = d.object_key
          AND f.restored_in = d.restored_in
        RETURNING f.object_key, f.table_id, f.size_bytes
      ), marked AS (
        INSERT INTO catalog.garbage (object_key, tenant_id, table_id, size_bytes, delete_from)
        SELECT object_key, :tenantId, table_id, coalesce(size_bytes, 0), :deleteFrom
        FROM gone
        RETURNING size_bytes
      )
      SELECT (SELECT count(*) FROM dead) AS spans,
             count(*) AS files,
             CAST(coalesce(sum(size_bytes), 0) AS bigint) AS bytes
      FROM marked
      """)
  MarkedRow markPending(String tenantId, Instant deleteFrom, int limit);

  /** What marking would mark. */
  @SqlQuery(
      """
      SELECT object_key, tenant_id, table_id, size_bytes,
             CAST(:now AS timestamptz) AS delete_from, 0 AS failures, CAST(NULL AS text) AS failure
      FROM (
        SELECT d.object_key, d.tenant_id, d.table_id, max(d.size_bytes) AS size_bytes
        FROM catalog.dead_span d
        WHERE d.tenant_id = :tenantId
        GROUP BY d.object_key, d.tenant_id, d.table_id
        HAVING count(*) = (
          SELECT count(*)
          FROM catalog.data_file f
          WHERE f.object_key = d.object_key)
        UNION ALL
        SELECT f.object_key, t.tenant_id, f.table_id, coalesce(f.size_bytes, 0)
        FROM catalog.tenant_table t
        JOIN catalog.data_file f USING (table_id)
        WHERE t.tenant_id = :tenantId
          AND f.begin_snapshot IS NULL
          AND NOT EXISTS (
            SELECT
            FROM catalog.write w
            WHERE w.write_id = f.write_id
              AND w.state IN ('open', 'prepared')
              AND w.begun_at >= :writesTooOld)
          AND NOT EXISTS (
            SELECT
            FROM catalog.rewrite r
            WHERE r.rewrite_id = f.write_id
              AND r.state IN ('planned', 'prepared')
              AND r.begun_at >= :rewritesTooOld)
      ) unmarked
      WHERE object_key COLLATE "C" > :after
      ORDER BY object_key COLLATE "C"
      LIMIT :limit
      """)
  List<GarbageObject> unmarked(
      String tenantId,
      Instant now,
      Instant writesTooOld,
      Instant rewritesTooOld,
      String after,
      int limit);

  @SqlQuery(
      """
      SELECT g.object_key, g.tenant_id, g.table_id, g.size_bytes, g.delete_from, g.failures,
             g.failure
      FROM catalog.garbage g
      WHERE g.delete_from <= :now
        AND NOT EXISTS (
          SELECT
          FROM catalog.reader r
          CROSS JOIN unnest(r.snapshot_ids) AS s(snapshot_id)
          WHERE r.tenant_id = g.tenant_id
            AND r.leased_until >= :now
            AND s.snapshot_id >= g.begin_snapshot
            AND s.snapshot_id < g.end_snapshot)
      ORDER BY g.delete_from, g.object_key
      LIMIT :limit
      """)
  List<GarbageObject> due(Instant now, int limit);

  @SqlQuery(
      """
      SELECT g.object_key, g.tenant_id, g.table_id, g.size_bytes, g.delete_from, g.failures,
             g.failure
      FROM catalog.garbage g
      WHERE g.tenant_id = :tenantId
        AND g.object_key COLLATE "C" > :after
        AND g.delete_from <= :now
        AND NOT EXISTS (
          SELECT
          FROM catalog.reader r
          CROSS JOIN unnest(r.snapshot_ids) AS s(snapshot_id)
          WHERE r.tenant_id = g.tenant_id
            AND r.leased_until >= :now
            AND s.snapshot_id >= g.begin_snapshot
            AND s.snapshot_id < g.end_snapshot)
      ORDER BY g.object_key COLLATE "C"
      LIMIT :limit
      """)
  List<GarbageObject> dueOf(String tenantId, Instant now, String after, int limit);

  @SqlQuery(
      """
      SELECT object_key, tenant_id, table_id, size_bytes, delete_from, failures, failure
      FROM catalog.garbage
      WHERE object_key > :after
      ORDER BY object_key
      LIMIT :limit
      """)
  List<GarbageObject> list(String after, int limit);

  @SqlQuery(
      """
      SELECT object_key, tenant_id, table_id, size_bytes, delete_from, failures, failure
      FROM catalog.garbage
      WHERE tenant_id = :tenantId
        AND failures > 0
      ORDER BY failures DESC, object_key
      LIMIT :limit
      """)
  List<GarbageObject> failing(String tenantId, int limit);

  /** Forgets what was published once, and what was deleted twice. */
  @SqlUpdate(
      """
      DELETE FROM catalog.garbage
      WHERE object_key = ANY (:objectKeys)
        AND delete_from <= :now
        AND (begin_snapshot IS NOT NULL OR deletions >= 1)
      """)
  void forgetDeleted(String[] objectKeys, Instant now);

  /** What is still due was never published: it is to be deleted once more. */
  @SqlUpdate(
      """
      UPDATE catalog.garbage
      SET deletions = deletions + 1,
          delete_from = :again,
          failures = 0,
          failure = NULL
      WHERE object_key = ANY (:objectKeys)
        AND delete_from <= :now
      """)
  void deleteAgain(String[] objectKeys, Instant now, Instant again);

  @SqlUpdate(
      """
      UPDATE catalog.garbage
      SET failures = failures + 1,
          failure = :reason,
          delete_from = CAST(:now AS timestamptz)
            + least(interval '1 hour', interval '1 minute' * power(2, least(failures, 10)))
      WHERE object_key = ANY (:objectKeys)
        AND delete_from <= :now
      """)
  void failed(String[] objectKeys, String reason, Instant now);

  @SqlQuery(
      """
      SELECT count(*) AS objects,
             CAST(coalesce(sum(size_bytes), 0) AS bigint) AS bytes,
             count(*) FILTER (WHERE delete_from <= :now) AS due,
             count(*) FILTER (WHERE delete_from <= :now AND EXISTS (
               SELECT
               FROM catalog.reader r
               CROSS JOIN unnest(r.snapshot_ids) AS s(snapshot_id)
               WHERE r.tenant_id = g.tenant_id
                 AND r.leased_until >= :now
                 AND s.snapshot_id >= g.begin_snapshot
                 AND s.snapshot_id < g.end_snapshot)) AS held,
             count(*) FILTER (WHERE failures > 0) AS failing
      FROM catalog.garbage g
      """)
  @RegisterConstructorMapper(GarbageCounts.class)
  GarbageCounts counts(Instant now);

  @SqlQuery(
      """
      SELECT k.object_key
      FROM unnest(:objectKeys) AS k(object_key)
      WHERE NOT EXISTS (
          SELECT
          FROM catalog.data_file f
          WHERE f.object_key = k.object_key)
        AND NOT EXISTS (
          SELECT
          FROM catalog.garbage g
          WHERE g.object_key = k.object_key)
        AND NOT EXISTS (
          SELECT
          FROM catalog.async_query q
          WHERE q.result_key = k.object_key)
      """)
  Set<String> unknown(String[] objectKeys);

  /** What a statement has marked. */
  record MarkedRow(long spans, long files, long bytes) {}

  /** Maps a row of {@code garbage}. */
  final class GarbageObjectMapper implements RowMapper<GarbageObject> {
    @Override
    public GarbageObject map(ResultSet row, StatementContext context) throws SQLException {
      return new GarbageObject(
          row.getString("object_key"),
          new TenantId(row.getString("tenant_id")),
          new TableId(row.getObject("table_id", UUID.class)),
          row.getLong("size_bytes"),
          Rows.instant(row, "delete_from"),
          row.getInt("failures"),
          row.getString("failure"));
    }
  }
}

package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.RunCounts;
import io.duckmesh.catalog.upkeep.RunDraft;
import io.duckmesh.catalog.upkeep.RunTally;
import io.duckmesh.catalog.upkeep.UpkeepJob;
import io.duckmesh.catalog.upkeep.UpkeepRun;
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
import org.jdbi.v3.sqlobject.config.RegisterRowMapper;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

@RegisterRowMapper(RunDao.RunMapper.class)
@RegisterRowMapper(RunDao.TallyMapper.class)
interface RunDao {
  /** Orders runs that begin at once, to the end of the transaction. */
  @SqlQuery(
      """
      SELECT true
      FROM (SELECT pg_advisory_xact_lock(hashtext('catalog.upkeep_run'))) locked
      """)
  boolean lock();

  @SqlUpdate(
      """
      INSERT INTO catalog.upkeep_run
        (run_id, job, tenant_id, table_id, dry_run, workflow_id, started_by, state, started_at)
      VALUES (:runId, :job, :tenantId, :tableId, :dryRun, :workflowId, :startedBy, 'running', :now)
      """)
  void insert(
      String runId,
      String job,
      @Nullable String tenantId,
      @Nullable UUID tableId,
      boolean dryRun,
      String workflowId,
      String startedBy,
      Instant now);

  @SqlUpdate(
      """
      UPDATE catalog.upkeep_run
      SET state = 'abandoned',
          finished_at = :now,
          outcome = 'Another run began before this one ended'
      WHERE job = :job
        AND tenant_id IS NOT DISTINCT FROM :tenantId
        AND table_id IS NOT DISTINCT FROM :tableId
        AND dry_run = :dryRun
        AND run_id <> :runId
        AND state = 'running'
      """)
  void abandonOthers(
      String runId,
      String job,
      @Nullable String tenantId,
      @Nullable UUID tableId,
      boolean dryRun,
      Instant now);

  @SqlUpdate(
      """
      UPDATE catalog.upkeep_run
      SET steps = :steps,
          conflicts = :conflicts,
          files_in = :filesIn,
          files_out = :filesOut,
          row_count = :rows,
          bytes_in = :bytesIn,
          bytes_out = :bytesOut,
          failures = :failures,
          plan = coalesce(:plan, plan)
      WHERE run_id = :runId
        AND state = 'running'
      """)
  void advance(String runId, @BindMethods RunCounts counts, @Nullable String plan);

  @SqlUpdate(
      """
      UPDATE catalog.upkeep_run
      SET state = :state,
          finished_at = :now,
          outcome = :outcome
      WHERE run_id = :runId
        AND state = 'running'
      """)
  void finish(String runId, String state, String outcome, Instant now);

  @SqlQuery(
      """
      SELECT r.number, r.run_id, r.job, r.tenant_id, r.table_id, t.name AS table_name, r.dry_run,
             r.workflow_id, r.started_by, r.state, r.started_at, r.finished_at, r.steps,
             r.conflicts, r.files_in, r.files_out, r.row_count, r.bytes_in, r.bytes_out,
             r.failures, r.plan, r.outcome
      FROM catalog.upkeep_run r
      LEFT JOIN catalog.tenant_table t USING (table_id)
      WHERE r.run_id = :runId
      """)
  Optional<UpkeepRun> find(String runId);

  @SqlQuery(
      """
      SELECT r.number, r.run_id, r.job, r.tenant_id, r.table_id, t.name AS table_name, r.dry_run,
             r.workflow_id, r.started_by, r.state, r.started_at, r.finished_at, r.steps,
             r.conflicts, r.files_in, r.files_out, r.row_count, r.bytes_in, r.bytes_out,
             r.failures, r.plan, r.outcome
      FROM catalog.upkeep_run r
      LEFT JOIN catalog.tenant_table t USING (table_id)
      WHERE (r.tenant_id = :tenantId OR r.tenant_id IS NULL)
        AND (CAST(:job AS text) IS NULL OR r.job = :job)
        AND (CAST(:tableId AS uuid) IS NULL OR r.table_id = :tableId)
        AND (CAST(:state AS text) IS NULL OR r.state = :state)
        AND r.number < :before
      ORDER BY r.number DESC
      LIMIT :limit
      """)
  List<UpkeepRun> list(
      String tenantId,
      @Nullable String job,
      @Nullable UUID tableId,
      @Nullable String state,
      long before,
      int limit);

  @SqlQuery(
      """
      SELECT job, state, count(*) AS runs, max(started_at) AS last_at
      FROM catalog.upkeep_run
      WHERE (tenant_id = :tenantId OR tenant_id IS NULL)
        AND NOT dry_run
      GROUP BY job, state
      ORDER BY job, state
      """)
  List<RunTally> tally(String tenantId);

  @SqlUpdate(
      """
      DELETE FROM catalog.upkeep_run
      WHERE run_id IN (
        SELECT run_id
        FROM catalog.upkeep_run
        WHERE state <> 'running'
          AND finished_at < :before
        ORDER BY finished_at
        LIMIT :limit)
      """)
  int forget(Instant before, int limit);

  /** Maps counts of runs. */
  final class TallyMapper implements RowMapper<RunTally> {
    @Override
    public RunTally map(ResultSet row, StatementContext context) throws SQLException {
      return new RunTally(
          UpkeepJob.valueOf(row.getString("job").toUpperCase(Locale.ROOT)),
          UpkeepRun.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
          row.getLong("runs"),
          Rows.instant(row, "last_at"));
    }
  }

  /** Maps a row of {@code upkeep_run} with its table's name. */
  final class RunMapper implements RowMapper<UpkeepRun> {
    @Override
    public UpkeepRun map(ResultSet row, StatementContext context) throws SQLException {
      @Nullable String tenantId = row.getString("tenant_id");
      @Nullable UUID tableId = row.getObject("table_id", UUID.class);
      @Nullable OffsetDateTime finishedAt = row.getObject("finished_at", OffsetDateTime.class);
      RunDraft draft =
          new RunDraft(
              row.getString("run_id"),
              UpkeepJob.valueOf(row.getString("job").toUpperCase(Locale.ROOT)),
              tenantId == null ? null : new TenantId(tenantId),
              tableId == null ? null : new TableId(tableId),
              row.getBoolean("dry_run"),
              row.getString("workflow_id"),
              row.getString("started_by"));
      return new UpkeepRun(
          row.getLong("number"),
          draft,
          row.getString("table_name"),
          UpkeepRun.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
          Rows.instant(row, "started_at"),
          finishedAt == null ? null : finishedAt.toInstant(),
          new RunCounts(
              row.getLong("steps"),
              row.getLong("conflicts"),
              row.getLong("files_in"),
              row.getLong("files_out"),
              row.getLong("row_count"),
              row.getLong("bytes_in"),
              row.getLong("bytes_out"),
              row.getLong("failures")),
          row.getString("plan"),
          row.getString("outcome"));
    }
  }
}

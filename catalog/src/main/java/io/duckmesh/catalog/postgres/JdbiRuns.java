package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.RunCounts;
import io.duckmesh.catalog.upkeep.RunDraft;
import io.duckmesh.catalog.upkeep.RunFilter;
import io.duckmesh.catalog.upkeep.RunTally;
import io.duckmesh.catalog.upkeep.Runs;
import io.duckmesh.catalog.upkeep.UpkeepJob;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import io.duckmesh.catalog.upkeep.UpkeepRun.State;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

final class JdbiRuns implements Runs {
  private final Database database;
  private final Clock clock;

  JdbiRuns(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public UpkeepRun begin(RunDraft draft) {
    Instant now = clock.instant();
    TenantId tenant = draft.tenant();
    TableId table = draft.table();
    String tenantId = tenant == null ? null : tenant.value();
    UUID tableId = table == null ? null : table.value();
    return database.inTransaction(
        "begin run " + draft.runId(),
        handle -> {
          RunDao dao = handle.attach(RunDao.class);
          dao.lock();
          Optional<UpkeepRun> begun = dao.find(draft.runId());
          if (begun.isPresent()) {
            return begun.get();
          }
          dao.insert(
              draft.runId(),
              text(draft.job()),
              tenantId,
              tableId,
              draft.dryRun(),
              draft.workflowId(),
              draft.trigger(),
              now);
          dao.abandonOthers(
              draft.runId(), text(draft.job()), tenantId, tableId, draft.dryRun(), now);
          return dao.find(draft.runId()).orElseThrow();
        });
  }

  private static String text(UpkeepJob job) {
    return job.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void advance(String runId, RunCounts counts, @Nullable String plan) {
    database.withHandle(
        "advance run " + runId,
        handle -> {
          handle.attach(RunDao.class).advance(runId, counts, plan);
          return runId;
        });
  }

  @Override
  public UpkeepRun finish(String runId, State state, RunCounts counts, String outcome) {
    if (state == State.RUNNING) {
      throw new IllegalArgumentException("A run that has finished is not running: " + runId);
    }
    Instant now = clock.instant();
    return database.inTransaction(
        "finish run " + runId,
        handle -> {
          RunDao dao = handle.attach(RunDao.class);
          dao.advance(runId, counts, null);
          dao.finish(runId, state.name().toLowerCase(Locale.ROOT), outcome, now);
          return dao.find(runId)
              .orElseThrow(() -> new IllegalArgumentException("Run does not exist: " + runId));
        });
  }

  @Override
  public Optional<UpkeepRun> find(String runId) {
    return database.call("find run " + runId, RunDao.class, dao -> dao.find(runId));
  }

  @Override
  public List<UpkeepRun> list(TenantId tenant, RunFilter filter, int limit) {
    UpkeepJob job = filter.job();
    TableId table = filter.table();
    State state = filter.state();
    Long before = filter.before();
    return database.call(
        "list runs of tenant " + tenant,
        RunDao.class,
        dao ->
            dao.list(
                tenant.value(),
                job == null ? null : text(job),
                table == null ? null : table.value(),
                state == null ? null : state.name().toLowerCase(Locale.ROOT),
                before == null ? Long.MAX_VALUE : before,
                limit));
  }

  @Override
  public List<RunTally> tally(TenantId tenant) {
    return database.call(
        "count runs of tenant " + tenant, RunDao.class, dao -> dao.tally(tenant.value()));
  }

  @Override
  public int forget(Instant before, int limit) {
    return database.call("forget runs", RunDao.class, dao -> dao.forget(before, limit));
  }
}

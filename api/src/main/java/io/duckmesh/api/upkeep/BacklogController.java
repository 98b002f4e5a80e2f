package io.duckmesh.api.upkeep;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.tables.PolicyAnswer;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.GarbageCounts;
import io.duckmesh.catalog.upkeep.GarbageObject;
import io.duckmesh.catalog.upkeep.RunFilter;
import io.duckmesh.catalog.upkeep.TableFiles;
import io.duckmesh.catalog.upkeep.TablePolicy;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.catalog.upkeep.UpkeepJob;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/maintenance}: what waits to be done, and why what is not done is not. */
@RestController
public final class BacklogController {
  private static final int SHOWN_TABLES = 200;
  private static final int SHOWN_FAILURES = 100;

  /** So many small files wait in every table that is written to; more say that nothing merges. */
  private static final long MANY_SMALL_FILES = 50;

  private final Upkeep upkeep;
  private final UpkeepBacklog backlog;
  private final UpkeepStarter starter;
  private final Clock clock;

  public BacklogController(
      Upkeep upkeep, UpkeepBacklog backlog, UpkeepStarter starter, Clock clock) {
    this.upkeep = upkeep;
    this.backlog = backlog;
    this.starter = starter;
    this.clock = clock;
  }

  /**
   * @param measuredAt when files and garbage were counted
   * @param garbage of all tenants
   * @param failures objects of the tenant that could not be deleted
   * @param schedules null if they could not be asked for
   * @param obstacles what is not done, why, and what to do about it
   */
  record BacklogAnswer(
      Instant measuredAt,
      List<TableBacklog> tables,
      GarbageAnswer garbage,
      List<FailureAnswer> failures,
      @Nullable List<UpkeepStarter.Schedule> schedules,
      List<Obstacle> obstacles) {}

  /**
   * @param smallFiles live ones that may be merged
   * @param endedFiles that only earlier snapshots have
   * @param rewrites how often a row was rewritten, at most
   * @param writeAmplification rows written per row, at most
   * @param openNow whether its policy lets files be merged now
   */
  record TableBacklog(
      String table,
      long files,
      long smallFiles,
      long endedFiles,
      long rows,
      long bytes,
      int rewrites,
      double writeAmplification,
      String compaction,
      boolean openNow) {}

  record GarbageAnswer(long objects, long bytes, long due, long held, long failing) {
    static GarbageAnswer of(GarbageCounts counts) {
      return new GarbageAnswer(
          counts.objects(), counts.bytes(), counts.due(), counts.held(), counts.failing());
    }
  }

  record FailureAnswer(
      String objectKey, long bytes, int failures, @Nullable String reason, Instant nextAt) {
    static FailureAnswer of(GarbageObject object) {
      return new FailureAnswer(
          object.objectKey(),
          object.sizeBytes(),
          object.failures(),
          object.failure(),
          object.deleteFrom());
    }
  }

  /**
   * @param verb the command that helps
   */
  record Obstacle(String what, String because, String verb) {}

  @GetMapping("/v1/maintenance")
  @RequiresRole(Role.OPS_ADMIN)
  void backlog(Caller caller, HttpServletResponse response) throws IOException {
    TenantId tenant = caller.tenant();
    UpkeepBacklog.Counted counted = backlog.of(tenant);
    Map<TableId, TablePolicy> policies = new HashMap<>();
    upkeep.policies().list(tenant).forEach(policy -> policies.put(policy.table(), policy));
    List<Obstacle> obstacles = new ArrayList<>();
    List<TableBacklog> tables = new ArrayList<>();
    for (TableFiles files : counted.tables()) {
      TablePolicy policy = policies.get(files.table());
      // A table may have been dropped since it was counted.
      if (policy != null) {
        tables.add(table(files, policy));
        addSmallFiles(obstacles, files, policy);
      }
    }
    List<FailureAnswer> failures =
        upkeep.garbage().failing(tenant, SHOWN_FAILURES).stream().map(FailureAnswer::of).toList();
    if (!failures.isEmpty()) {
      obstacles.add(
          new Obstacle(
              "Objects can not be deleted: %d of them".formatted(failures.size()),
              String.valueOf(failures.getFirst().reason()),
              "Let the service delete objects below its prefix, then: duckmesh collect"));
    }
    for (TableFiles files : counted.tables().stream().limit(SHOWN_TABLES).toList()) {
      addFailedRun(obstacles, tenant, UpkeepJob.COMPACT, files);
    }
    addFailedRun(obstacles, tenant, UpkeepJob.EXPIRE, null);
    addFailedRun(obstacles, tenant, UpkeepJob.COLLECT, null);
    List<UpkeepStarter.Schedule> schedules = schedules(tenant, obstacles);
    ApiJson.write(
        response,
        200,
        new BacklogAnswer(
            counted.at(),
            tables,
            GarbageAnswer.of(backlog.garbage()),
            failures,
            schedules,
            obstacles));
  }

  private TableBacklog table(TableFiles files, TablePolicy policy) {
    return new TableBacklog(
        files.name(),
        files.files(),
        files.smallFiles(),
        files.endedFiles(),
        files.rows(),
        files.bytes(),
        files.rewrites(),
        Math.round(UpkeepBacklog.writeAmplification(files) * 1_000) / 1_000.0,
        PolicyAnswer.compaction(policy),
        isOpen(policy));
  }

  private boolean isOpen(TablePolicy policy) {
    return policy.compact() && policy.isOpen(clock.instant());
  }

  private void addSmallFiles(List<Obstacle> obstacles, TableFiles files, TablePolicy policy) {
    if (files.smallFiles() < MANY_SMALL_FILES || isOpen(policy)) {
      return;
    }
    String what = "%d small files of table %s wait".formatted(files.smallFiles(), files.name());
    obstacles.add(
        policy.compact()
            ? new Obstacle(
                what,
                "Its window is closed: " + PolicyAnswer.compaction(policy) + " UTC",
                "duckmesh compact " + files.name())
            : new Obstacle(
                what,
                "Its policy says that files are not merged",
                "duckmesh policy %s --compaction always".formatted(files.name())));
  }

  /** Of the last run that has ended: one that is running may fail for the same reason again. */
  private void addFailedRun(
      List<Obstacle> obstacles, TenantId tenant, UpkeepJob job, @Nullable TableFiles table) {
    upkeep
        .runs()
        .list(tenant, new RunFilter(job, table == null ? null : table.table(), null, null), 2)
        .stream()
        .filter(run -> run.state() != UpkeepRun.State.RUNNING)
        .findFirst()
        .filter(run -> run.state() == UpkeepRun.State.FAILED)
        .ifPresent(
            run -> {
              String word = job.name().toLowerCase(Locale.ROOT);
              obstacles.add(
                  new Obstacle(
                      "The last run of %s%s failed: %s"
                          .formatted(
                              word,
                              table == null ? "" : " of table " + table.name(),
                              run.draft().runId()),
                      String.valueOf(run.outcome()),
                      "duckmesh runs --job "
                          + word
                          + (table == null ? "" : " --table " + table.name())));
            });
  }

  private @Nullable List<UpkeepStarter.Schedule> schedules(
      TenantId tenant, List<Obstacle> obstacles) {
    List<UpkeepStarter.Schedule> schedules;
    try {
      schedules = starter.schedules(tenant);
    } catch (ProblemException e) {
      obstacles.add(
          new Obstacle(
              "Jobs may not start",
              String.valueOf(e.getMessage()),
              "Look whether Temporal runs: duckmesh lag shows whether events land"));
      return null;
    }
    for (UpkeepStarter.Schedule schedule : schedules) {
      if (schedule.paused()) {
        obstacles.add(
            new Obstacle(
                "Schedule %s starts nothing".formatted(schedule.id()),
                "It is paused",
                "Resume it in the Temporal UI, under Schedules"));
      }
    }
    return schedules;
  }
}

package io.duckmesh.api.upkeep;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.ingest.RequestBodies;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.json.JsonFields;
import io.duckmesh.api.operations.VerifyStarter;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.tables.LiveTables;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.DueTable;
import io.duckmesh.catalog.upkeep.RunDraft;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.catalog.upkeep.UpkeepJob;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Runs that are started by hand, and what they would do. */
@RestController
public final class MaintenanceController {
  private static final String BY_HAND = "hand";
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private final Catalog catalog;
  private final Upkeep upkeep;
  private final UpkeepStarter starter;
  private final VerifyStarter verifyStarter;
  private final LiveTables tables;
  private final RequestBodies bodies;
  private final DryRuns dryRuns;

  public MaintenanceController(
      Catalog catalog,
      Upkeep upkeep,
      UpkeepStarter starter,
      VerifyStarter verifyStarter,
      LiveTables tables,
      RequestBodies bodies,
      Clock clock) {
    this.catalog = catalog;
    this.upkeep = upkeep;
    this.starter = starter;
    this.verifyStarter = verifyStarter;
    this.tables = tables;
    this.bodies = bodies;
    this.dryRuns = new DryRuns(catalog, upkeep, clock);
  }

  /**
   * @param workflowUrl where people see it work, null if that is not known
   */
  record StartedAnswer(
      String job,
      @Nullable String table,
      String runId,
      String workflowId,
      @Nullable String workflowUrl) {}

  /**
   * @param active tables that are being merged already
   */
  record StartedAll(String job, List<StartedAnswer> runs, List<String> active) {}

  /**
   * What a request asks for.
   *
   * @param after where the page begins, null: with the first
   */
  private record Asked(boolean dryRun, @Nullable String after, int limit) {}

  @PostMapping("/v1/tables/{table}/compact")
  @RequiresRole({Role.TABLE_ADMIN, Role.OPS_ADMIN})
  void compact(
      Caller caller,
      @PathVariable("table") String name,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    Asked asked = asked(request);
    TableInfo table = tables.reload(caller.tenant(), name).info();
    if (asked.dryRun()) {
      String after = asked.after();
      int first = after == null ? 0 : (int) Math.min(DryRuns.number(after), Integer.MAX_VALUE / 2);
      ApiJson.write(response, 200, dryRuns.compact(table.id(), first, asked.limit()));
      return;
    }
    StartedAnswer started = compact(table);
    response.setHeader("Location", "/v1/maintenance/runs/" + started.runId());
    ApiJson.write(response, 202, started);
  }

  @PostMapping("/v1/maintenance/{job}")
  @RequiresRole(Role.OPS_ADMIN)
  void start(
      Caller caller,
      @PathVariable("job") String job,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    TenantId tenant = caller.tenant();
    Asked asked = asked(request);
    Object answer =
        switch (job) {
          case "compact" ->
              asked.dryRun()
                  ? dryRuns.compactAll(tenant, asked.after(), asked.limit())
                  : compactAll(tenant);
          case "expire" ->
              asked.dryRun()
                  ? dryRuns.expire(tenant, asked.after(), asked.limit())
                  : started(UpkeepJob.EXPIRE, tenant, null, starter.expire(tenant));
          case "collect" ->
              asked.dryRun()
                  ? dryRuns.collect(tenant, asked.after(), asked.limit())
                  : started(UpkeepJob.COLLECT, null, null, starter.collect());
          case "verify" ->
              asked.dryRun()
                  ? dryRuns.verify(tenant, asked.after(), asked.limit())
                  : verify(tenant);
          default ->
              throw new ProblemException(
                  ApiError.NOT_FOUND,
                  "There is no job %s; there are compact, expire, collect and verify"
                      .formatted(job));
        };
    if (answer instanceof StartedAnswer started) {
      response.setHeader(
          "Location",
          (job.equals("verify") ? "/v1/verify/" : "/v1/maintenance/runs/") + started.runId());
    }
    ApiJson.write(response, asked.dryRun() ? 200 : 202, answer);
  }

  /** A request without a body asks for a run. */
  private Asked asked(HttpServletRequest request) throws IOException {
    JsonFields fields =
        JsonFields.parse(
            request.getContentLengthLong() == 0
                ? "{}".getBytes(StandardCharsets.UTF_8)
                : bodies.readJson(request));
    boolean dryRun = fields.flag("dry_run");
    String after = fields.text("after");
    Long limit = fields.number("limit", 1, MAX_LIMIT);
    if (!dryRun) {
      fields.refuse("after", "is of dry runs only");
      fields.refuse("limit", "is of dry runs only");
    }
    fields.refuseUnknown();
    fields.check();
    return new Asked(dryRun, after, limit == null ? DEFAULT_LIMIT : limit.intValue());
  }

  private StartedAnswer compact(TableInfo table) {
    return started(UpkeepJob.COMPACT, table.tenant(), table, starter.compact(table));
  }

  private StartedAll compactAll(TenantId tenant) {
    List<StartedAnswer> started = new ArrayList<>();
    List<String> active = new ArrayList<>();
    for (DueTable due : upkeep.rewrites().due(tenant)) {
      TableInfo table = catalog.tables().find(due.table()).orElseThrow();
      try {
        started.add(compact(table));
      } catch (ProblemException e) {
        if (e.error() != ApiError.RUN_ACTIVE) {
          throw e;
        }
        active.add(table.name());
      }
    }
    if (started.isEmpty() && !active.isEmpty()) {
      throw new ProblemException(
          ApiError.RUN_ACTIVE,
          "All tables with files to merge are being merged: " + String.join(", ", active),
          Map.of("tables", active));
    }
    return new StartedAll("compact", started, active);
  }

  private StartedAnswer started(
      UpkeepJob job,
      @Nullable TenantId tenant,
      @Nullable TableInfo table,
      UpkeepStarter.Started run) {
    TableId id = table == null ? null : table.id();
    // The run does so, too: who asks for it at once finds it.
    var unused =
        upkeep
            .runs()
            .begin(new RunDraft(run.runId(), job, tenant, id, false, run.workflowId(), BY_HAND));
    return new StartedAnswer(
        job.name().toLowerCase(Locale.ROOT),
        table == null ? null : table.name(),
        run.runId(),
        run.workflowId(),
        starter.link(run.workflowId(), run.runId()).orElse(null));
  }

  private StartedAnswer verify(TenantId tenant) {
    String runId = verifyStarter.start(tenant);
    var unused = catalog.verifications().begin(runId, tenant);
    String workflowId = "verify/" + tenant;
    return new StartedAnswer(
        "verify", null, runId, workflowId, starter.link(workflowId, runId).orElse(null));
  }
}

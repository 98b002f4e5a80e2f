package io.duckmesh.api.upkeep;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.upkeep.RunFilter;
import io.duckmesh.catalog.upkeep.Runs;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.catalog.upkeep.UpkeepJob;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/maintenance/runs}: what jobs did and do. */
@RestController
public final class RunController {
  private static final int DEFAULT_LIMIT = 20;
  private static final int MAX_LIMIT = 1_000;

  private final Catalog catalog;
  private final Runs runs;
  private final UpkeepStarter starter;
  private final Clock clock;

  public RunController(Catalog catalog, Upkeep upkeep, UpkeepStarter starter, Clock clock) {
    this.catalog = catalog;
    this.runs = upkeep.runs();
    this.starter = starter;
    this.clock = clock;
  }

  /**
   * @param before what to ask with for the next page, null on the last one
   */
  record RunPage(List<RunAnswer> runs, @Nullable Long before) {}

  @GetMapping("/v1/maintenance/runs")
  @RequiresRole(Role.OPS_ADMIN)
  void list(
      Caller caller,
      @RequestParam(name = "job", required = false) @Nullable String job,
      @RequestParam(name = "table", required = false) @Nullable String table,
      @RequestParam(name = "outcome", required = false) @Nullable String outcome,
      @RequestParam(name = "before", required = false) @Nullable Long before,
      @RequestParam(name = "limit", required = false) @Nullable Integer limit,
      HttpServletResponse response)
      throws IOException {
    int count = limit == null ? DEFAULT_LIMIT : limit;
    if (count < 1 || count > MAX_LIMIT) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "Parameter limit is %d, possible are 1 to %d".formatted(count, MAX_LIMIT));
    }
    RunFilter filter =
        new RunFilter(
            job == null ? null : word("job", job, UpkeepJob.class),
            table == null ? null : table(caller, table),
            outcome == null ? null : word("outcome", outcome, UpkeepRun.State.class),
            before);
    List<UpkeepRun> page = runs.list(caller.tenant(), filter, count + 1);
    List<UpkeepRun> shown = page.subList(0, Math.min(count, page.size()));
    ApiJson.write(
        response,
        200,
        new RunPage(
            shown.stream().map(run -> RunAnswer.of(run, starter, clock)).toList(),
            page.size() > count ? shown.getLast().number() : null));
  }

  private static <E extends Enum<E>> E word(String parameter, String text, Class<E> type) {
    for (E value : type.getEnumConstants()) {
      if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
        return value;
      }
    }
    throw new ProblemException(
        ApiError.INVALID_REQUEST,
        "Parameter %s is %s, possible are %s"
            .formatted(
                parameter,
                text,
                Arrays.stream(type.getEnumConstants())
                    .map(value -> value.name().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", "))));
  }

  /** Dropped tables have a history, too. */
  private TableId table(Caller caller, String name) {
    return catalog.tables().listNamed(caller.tenant(), name).stream()
        .findFirst()
        .map(TableInfo::id)
        .orElseThrow(
            () ->
                new ProblemException(
                    ApiError.TABLE_NOT_FOUND, "There is and was no table " + name));
  }

  @GetMapping("/v1/maintenance/runs/{run_id}")
  @RequiresRole({Role.TABLE_ADMIN, Role.OPS_ADMIN})
  void describe(Caller caller, @PathVariable("run_id") String runId, HttpServletResponse response)
      throws IOException {
    ApiJson.write(response, 200, RunAnswer.of(find(caller, runId), starter, clock));
  }

  /** Asks the run to stop; a run that has ended is answered as it is. */
  @DeleteMapping("/v1/maintenance/runs/{run_id}")
  @RequiresRole(Role.OPS_ADMIN)
  void cancel(Caller caller, @PathVariable("run_id") String runId, HttpServletResponse response)
      throws IOException {
    UpkeepRun run = find(caller, runId);
    boolean running = run.state() == UpkeepRun.State.RUNNING;
    if (running) {
      starter.cancel(run.draft().workflowId(), runId);
    }
    ApiJson.write(response, running ? 202 : 200, RunAnswer.of(find(caller, runId), starter, clock));
  }

  private UpkeepRun find(Caller caller, String runId) {
    return runs.find(runId)
        .filter(run -> run.draft().tenant() == null || caller.tenant().equals(run.draft().tenant()))
        .orElseThrow(
            () -> new ProblemException(ApiError.RUN_NOT_FOUND, "There is no run " + runId));
  }
}

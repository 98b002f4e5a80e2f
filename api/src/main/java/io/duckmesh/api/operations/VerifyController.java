package io.duckmesh.api.operations;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.auth.RequiresRole;
import io.duckmesh.api.json.ApiJson;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.VerifyFinding;
import io.duckmesh.catalog.VerifyRun;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/verify}: runs that compare what there is with what the catalog says. */
@RestController
public final class VerifyController {
  private static final int DEFAULT_LIMIT = 20;
  private static final int MAX_LIMIT = 1_000;

  private final Catalog catalog;
  private final VerifyStarter starter;

  public VerifyController(Catalog catalog, VerifyStarter starter) {
    this.catalog = catalog;
    this.starter = starter;
  }

  record RunAnswer(
      String runId,
      String state,
      long snapshotId,
      Instant startedAt,
      @Nullable Instant finishedAt,
      int shards,
      long files,
      long bytes,
      long findingCount) {
    static RunAnswer of(VerifyRun run) {
      return new RunAnswer(
          run.runId(),
          run.state().name().toLowerCase(Locale.ROOT),
          run.snapshot().value(),
          run.startedAt(),
          run.finishedAt(),
          run.shards(),
          run.files(),
          run.bytes(),
          run.findings());
    }
  }

  record RunList(List<RunAnswer> runs) {}

  record FindingAnswer(String kind, String subject, String detail) {
    static FindingAnswer of(VerifyFinding finding) {
      return new FindingAnswer(
          finding.kind().name().toLowerCase(Locale.ROOT), finding.subject(), finding.detail());
    }
  }

  record RunDetail(
      String runId,
      String state,
      long snapshotId,
      Instant startedAt,
      @Nullable Instant finishedAt,
      int shards,
      long files,
      long bytes,
      long findingCount,
      List<FindingAnswer> findings) {
    static RunDetail of(VerifyRun run, List<VerifyFinding> findings) {
      RunAnswer answer = RunAnswer.of(run);
      return new RunDetail(
          answer.runId(),
          answer.state(),
          answer.snapshotId(),
          answer.startedAt(),
          answer.finishedAt(),
          answer.shards(),
          answer.files(),
          answer.bytes(),
          answer.findingCount(),
          findings.stream().map(FindingAnswer::of).toList());
    }
  }

  @PostMapping("/v1/verify")
  @RequiresRole(Role.OPS_ADMIN)
  void start(Caller caller, HttpServletResponse response) throws IOException {
    String runId = starter.start(caller.tenant());
    // The run does so, too: who asks for it at once finds it.
    VerifyRun run = catalog.verifications().begin(runId, caller.tenant());
    ApiJson.write(response, 202, RunAnswer.of(run));
  }

  @GetMapping("/v1/verify")
  @RequiresRole(Role.OPS_ADMIN)
  void list(
      Caller caller,
      @RequestParam(name = "limit", required = false) @Nullable Integer limit,
      HttpServletResponse response)
      throws IOException {
    int count = limit == null ? DEFAULT_LIMIT : limit;
    if (count < 1 || count > MAX_LIMIT) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "Parameter limit is %d, possible are 1 to %d".formatted(count, MAX_LIMIT));
    }
    ApiJson.write(
        response,
        200,
        new RunList(
            catalog.verifications().list(caller.tenant(), count).stream()
                .map(RunAnswer::of)
                .toList()));
  }

  @GetMapping("/v1/verify/{run_id}")
  @RequiresRole(Role.OPS_ADMIN)
  void describe(Caller caller, @PathVariable("run_id") String runId, HttpServletResponse response)
      throws IOException {
    VerifyRun run =
        catalog
            .verifications()
            .find(caller.tenant(), runId)
            .orElseThrow(
                () ->
                    new ProblemException(
                        ApiError.RUN_NOT_FOUND, "There is no verify run " + runId));
    ApiJson.write(response, 200, RunDetail.of(run, catalog.verifications().findings(runId)));
  }
}

package io.duckmesh.workflows.compact;

import io.duckmesh.workflows.ActivityProfiles;
import io.duckmesh.workflows.Outcomes;
import io.temporal.activity.ActivityOptions;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInit;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Only decisions: what the steps do is the activities' affair. */
public final class CompactWorkflowImpl implements CompactWorkflow {
  /** How long a run waits for more, so that a busy table has one run and not one every second. */
  private static final Duration WAIT = Duration.ofSeconds(20);

  /** After so long a run ends by itself, before it is timed out; the next one goes on. */
  private static final Duration ENOUGH = Duration.ofHours(5);

  private static final Duration LATER = Duration.ofSeconds(5);

  private final CompactInput input;
  private final String runId;
  private final long begunAtMillis;

  private String state = "planning";
  private CompactProgress progress;
  private @Nullable GroupRuns groups;

  /** Runs before any query is answered. */
  @WorkflowInit
  public CompactWorkflowImpl(CompactInput input) {
    this.input = input;
    this.runId = Workflow.getInfo().getFirstExecutionRunId();
    this.begunAtMillis =
        input.begunAtMillis() == null
            ? Workflow.getInfo().getRunStartedTimestampMillis()
            : input.begunAtMillis();
    this.progress = input.progress() == null ? CompactProgress.NONE : input.progress();
  }

  @Override
  public CompactResult compact(CompactInput sameInput) {
    try {
      return Boolean.TRUE.equals(input.dryRun()) ? dryRun() : run();
    } catch (ActivityFailure | CanceledFailure e) {
      if (CancellationScope.current().isCancelRequested()) {
        CancellationScope ending =
            Workflow.newDetachedCancellationScope(
                () -> end(Outcomes.FAILED, "Cancelled; what is missing is left to the next run."));
        ending.run();
      }
      throw e;
    }
  }

  @Override
  public CompactStatus status() {
    return new CompactStatus(
        input.tenant(),
        input.tableId(),
        input.tableName(),
        state,
        groups == null ? 0 : groups.open(),
        progress);
  }

  private CompactResult dryRun() {
    Workflow.setCurrentDetails(CompactDetails.planning(input, progress));
    CompactPlan plan;
    try {
      plan = plan(Duration.ZERO);
    } catch (ActivityFailure e) {
      return failed(e);
    }
    progress = progress.planned(plan);
    CompactResult result = record(Outcomes.SUCCEEDED, plan.nothingBecause()).withPlan(plan);
    Workflow.setCurrentDetails(CompactDetails.planned(input, plan));
    return result;
  }

  private CompactResult run() {
    int vainRounds = 0;
    while (true) {
      continueAsNewWhenSuggested();
      if (Workflow.currentTimeMillis() - begunAtMillis > ENOUGH.toMillis()) {
        return end(outcome(), "The table is busy: the next run goes on.");
      }
      state = "planning";
      Workflow.setCurrentDetails(CompactDetails.planning(input, progress));
      CompactPlan plan;
      try {
        plan = plan(Boolean.TRUE.equals(input.byHand()) ? Duration.ZERO : WAIT);
      } catch (ActivityFailure e) {
        return failed(e);
      }
      if (plan.groups() == null || plan.groups().isEmpty()) {
        return end(outcome(), plan.nothingBecause());
      }
      Round round = rewrite(plan, plan.groups());
      switch (round.next(vainRounds)) {
        case PLAN -> vainRounds = 0;
        case PLAN_LATER -> {
          vainRounds++;
          Workflow.sleep(LATER);
        }
        case GIVE_UP -> {
          return end(
              Outcomes.FAILED,
              progress.failure() == null
                  ? "Others were faster, again and again: the next run goes on."
                  : progress.failure());
        }
      }
    }
  }

  private Round rewrite(CompactPlan plan, List<PlannedGroup> planned) {
    state = "rewriting";
    progress = progress.plusRound();
    GroupRuns running =
        new GroupRuns(
            runId,
            input.tenant(),
            planned,
            new GroupRuns.Listener() {
              @Override
              public void changed() {
                describe(plan);
              }

              @Override
              public void published(
                  PlannedGroup group, RewriteResult rewritten, PublishResult published) {
                progress = progress.plus(group, rewritten, published);
              }

              @Override
              public void conflict(PlannedGroup group, String reason) {
                progress = progress.plusConflict();
              }

              @Override
              public void failed(PlannedGroup group, String reason) {
                progress = progress.plusFailure(reason);
              }
            });
    groups = running;
    describe(plan);
    return running.run();
  }

  private void describe(CompactPlan plan) {
    if (groups != null) {
      Workflow.setCurrentDetails(CompactDetails.rewriting(input, plan, groups, progress));
    }
  }

  private void continueAsNewWhenSuggested() {
    if (Workflow.getInfo().isContinueAsNewSuggested()) {
      Workflow.newContinueAsNewStub(CompactWorkflow.class)
          .compact(
              new CompactInput(
                  input.tenant(),
                  input.tableId(),
                  input.tableName(),
                  input.dryRun(),
                  input.byHand(),
                  input.searchAttributes(),
                  begunAtMillis,
                  progress));
    }
  }

  private CompactPlan plan(Duration wait) {
    return steps(ActivityProfiles.planning("Looks for files to merge of " + input.tableName()))
        .plan(step(wait));
  }

  private CompactStep step(Duration wait) {
    return new CompactStep(
        runId,
        input.tenant(),
        input.tableId(),
        Boolean.TRUE.equals(input.dryRun()),
        Boolean.TRUE.equals(input.byHand()),
        wait.toMillis(),
        progress);
  }

  /** Nothing can be planned: the next run tries again. */
  private CompactResult failed(ActivityFailure failure) {
    if (CancellationScope.current().isCancelRequested()) {
      throw failure;
    }
    String reason = Outcomes.reason(failure);
    progress = progress.plusFailure(reason);
    return end(Outcomes.FAILED, reason);
  }

  private String outcome() {
    return progress.failures() == 0 ? Outcomes.SUCCEEDED : Outcomes.FAILED;
  }

  private CompactResult end(String outcome, @Nullable String reason) {
    CompactResult result = record(outcome, reason);
    Workflow.setCurrentDetails(CompactDetails.ended(input, result));
    return result;
  }

  private CompactResult record(String outcome, @Nullable String reason) {
    state = "ended";
    return steps(ActivityProfiles.recording("Records the run"))
        .record(new CompactEnding(step(Duration.ZERO), outcome, reason));
  }

  private static CompactActivities steps(ActivityOptions options) {
    return Workflow.newActivityStub(CompactActivities.class, options);
  }
}

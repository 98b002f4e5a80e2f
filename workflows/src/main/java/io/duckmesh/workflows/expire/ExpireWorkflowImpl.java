package io.duckmesh.workflows.expire;

import io.duckmesh.workflows.ActivityProfiles;
import io.duckmesh.workflows.Outcomes;
import io.duckmesh.workflows.compact.GroupRuns;
import io.duckmesh.workflows.compact.PlannedGroup;
import io.duckmesh.workflows.compact.PublishResult;
import io.duckmesh.workflows.compact.RewriteResult;
import io.duckmesh.workflows.compact.Round;
import io.temporal.activity.ActivityOptions;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInit;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Only decisions: what the steps do is the activities' affair. A step that fails for good does not
 * keep the run from the next one.
 */
public final class ExpireWorkflowImpl implements ExpireWorkflow {
  private static final Duration LATER = Duration.ofSeconds(5);

  private final ExpireInput input;
  private final String runId;

  private ExpireProgress progress;
  private boolean ended;
  private @Nullable String groups;

  /** Runs before any query is answered. */
  @WorkflowInit
  public ExpireWorkflowImpl(ExpireInput input) {
    this.input = input;
    this.runId = Workflow.getInfo().getFirstExecutionRunId();
    this.progress = input.progress() == null ? ExpireProgress.NONE : input.progress();
  }

  @Override
  public ExpireResult expire(ExpireInput sameInput) {
    try {
      return run();
    } catch (ActivityFailure | CanceledFailure e) {
      if (CancellationScope.current().isCancelRequested()) {
        Workflow.newDetachedCancellationScope(
                () -> end(Outcomes.FAILED, "Cancelled; what is missing is left to the next run."))
            .run();
      }
      throw e;
    }
  }

  @Override
  public ExpireStatus status() {
    return new ExpireStatus(input.tenant(), ended ? "ended" : progress.step(), progress);
  }

  private ExpireResult run() {
    if (progress.step().equals(ExpireProgress.SNAPSHOTS)) {
      expireSnapshots();
      progress = progress.at(ExpireProgress.ROWS);
    }
    if (progress.step().equals(ExpireProgress.ROWS)) {
      expireRows();
      progress = progress.at(ExpireProgress.FORGET);
    }
    if (!Boolean.TRUE.equals(input.dryRun())) {
      forget();
    }
    return end(progress.failures() == 0 ? Outcomes.SUCCEEDED : Outcomes.FAILED, progress.failure());
  }

  private void expireSnapshots() {
    describe();
    try {
      progress =
          progress.plus(
              steps(ActivityProfiles.slice("Lets snapshots expire")).expireSnapshots(step()));
    } catch (ActivityFailure e) {
      noteFailure(e);
    }
  }

  private void expireRows() {
    int vainRounds = 0;
    while (true) {
      continueAsNewWhenSuggested();
      describe();
      TrimPlan plan;
      try {
        plan =
            steps(ActivityProfiles.slice("Looks for files with rows that are too old"))
                .planTrims(step());
      } catch (ActivityFailure e) {
        noteFailure(e);
        return;
      }
      List<PlannedGroup> planned = plan.groups() == null ? List.of() : plan.groups();
      if (planned.isEmpty()) {
        return;
      }
      if (Boolean.TRUE.equals(input.dryRun())) {
        progress = progress.planned(planned);
        groups = GroupRuns.describe(planned);
        return;
      }
      switch (rewrite(planned).next(vainRounds)) {
        case PLAN -> vainRounds = 0;
        case PLAN_LATER -> {
          vainRounds++;
          Workflow.sleep(LATER);
        }
        case GIVE_UP -> {
          if (progress.failures() == 0) {
            progress = progress.plusFailure("Others were faster, again and again.");
          }
          return;
        }
      }
    }
  }

  private Round rewrite(List<PlannedGroup> planned) {
    Watching watching = new Watching();
    GroupRuns running = new GroupRuns(runId, input.tenant(), planned, watching);
    watching.groups = running;
    watching.changed();
    Round round = running.run();
    groups = null;
    return round;
  }

  private void forget() {
    boolean done = false;
    while (!done) {
      continueAsNewWhenSuggested();
      describe();
      try {
        ForgetStep slice =
            steps(ActivityProfiles.slice("Forgets expired snapshots")).forget(step());
        progress = progress.plusForgotten(slice.forgotten());
        done = slice.done();
      } catch (ActivityFailure e) {
        noteFailure(e);
        return;
      }
    }
  }

  private void noteFailure(ActivityFailure failure) {
    if (CancellationScope.current().isCancelRequested()) {
      throw failure;
    }
    progress = progress.plusFailure(Outcomes.reason(failure));
  }

  private ExpireResult end(String outcome, @Nullable String reason) {
    ended = true;
    ExpireResult result =
        steps(ActivityProfiles.recording("Records the run"))
            .record(new ExpireEnding(step(), outcome, reason));
    Workflow.setCurrentDetails(ExpireDetails.ended(input, result, groups));
    return result;
  }

  private void continueAsNewWhenSuggested() {
    if (Workflow.getInfo().isContinueAsNewSuggested()) {
      Workflow.newContinueAsNewStub(ExpireWorkflow.class)
          .expire(
              new ExpireInput(
                  input.tenant(),
                  input.dryRun(),
                  input.byHand(),
                  input.searchAttributes(),
                  progress));
    }
  }

  private ExpireRun step() {
    return new ExpireRun(
        runId,
        input.tenant(),
        Boolean.TRUE.equals(input.dryRun()),
        Boolean.TRUE.equals(input.byHand()),
        progress);
  }

  private void describe() {
    Workflow.setCurrentDetails(ExpireDetails.current(input, progress, groups));
  }

  private static ExpireActivities steps(ActivityOptions options) {
    return Workflow.newActivityStub(ExpireActivities.class, options);
  }

  private final class Watching implements GroupRuns.Listener {
    private @Nullable GroupRuns groups;

    @Override
    public void changed() {
      if (groups != null) {
        ExpireWorkflowImpl.this.groups = groups.describe();
      }
      describe();
    }

    @Override
    public void published(PlannedGroup group, RewriteResult rewritten, PublishResult published) {
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
  }
}

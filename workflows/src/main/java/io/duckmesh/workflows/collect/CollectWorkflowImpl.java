package io.duckmesh.workflows.collect;

import io.duckmesh.workflows.ActivityProfiles;
import io.duckmesh.workflows.Outcomes;
import io.temporal.activity.ActivityOptions;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Only decisions: what the steps do is the activities' affair. */
public final class CollectWorkflowImpl implements CollectWorkflow {
  private final CollectInput input;
  private final boolean dryRun;
  private final String runId;

  private CollectProgress progress;
  private boolean ended;

  /** Runs before any query is answered. */
  @WorkflowInit
  public CollectWorkflowImpl(CollectInput input) {
    this.input = input;
    this.dryRun = Boolean.TRUE.equals(input.dryRun());
    this.runId = Workflow.getInfo().getFirstExecutionRunId();
    this.progress = input.progress() == null ? CollectProgress.NONE : input.progress();
  }

  @Override
  public CollectResult collect(CollectInput sameInput) {
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
  public CollectStatus status() {
    String state = progress.sweeping() ? "sweeping" : "marking";
    return new CollectStatus(ended ? "ended" : state, progress);
  }

  private CollectResult run() {
    if (!progress.sweeping()) {
      describe();
      try {
        markAll();
      } catch (ActivityFailure e) {
        // Only the plan: what is marked already can be swept without it.
        noteFailure(e);
      }
      progress = progress.sweep();
    }
    sweepAll();
    return end(progress.failures() == 0 ? Outcomes.SUCCEEDED : Outcomes.FAILED, progress.failure());
  }

  private void markAll() {
    CollectPlan plan =
        steps(ActivityProfiles.recording("Begins the run, and names the tenants"))
            .plan(run(progress));
    List<String> tenants = plan.tenants() == null ? List.of() : plan.tenants();
    for (String tenant : MarkOrder.from(tenants, progress.tenant())) {
      if (!tenant.equals(progress.tenant())) {
        progress = progress.begin(tenant);
      }
      try {
        mark(tenant);
      } catch (ActivityFailure e) {
        noteFailure(e);
      }
    }
  }

  private void mark(String tenant) {
    boolean done = false;
    while (!done) {
      continueAsNewWhenSuggested();
      describe();
      MarkResult slice =
          steps(ActivityProfiles.slice("Marks garbage of tenant " + tenant))
              .mark(new MarkInput(runId, tenant, dryRun, progress.after(), progress));
      progress = progress.plus(slice);
      done = slice.done();
    }
  }

  private void sweepAll() {
    boolean done = false;
    while (!done) {
      continueAsNewWhenSuggested();
      describe();
      try {
        SweepResult slice =
            steps(ActivityProfiles.slice("Deletes what may be deleted"))
                .sweep(new SweepInput(runId, dryRun, progress.after(), progress));
        progress = progress.plus(slice);
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

  private CollectResult end(String outcome, @Nullable String reason) {
    ended = true;
    CollectResult result =
        steps(ActivityProfiles.recording("Records the run"))
            .record(new CollectEnding(run(progress), outcome, reason));
    Workflow.setCurrentDetails(CollectDetails.ended(dryRun, result));
    return result;
  }

  private void continueAsNewWhenSuggested() {
    if (Workflow.getInfo().isContinueAsNewSuggested()) {
      Workflow.newContinueAsNewStub(CollectWorkflow.class)
          .collect(new CollectInput(input.dryRun(), input.byHand(), progress));
    }
  }

  private CollectRun run(CollectProgress soFar) {
    return new CollectRun(runId, dryRun, Boolean.TRUE.equals(input.byHand()), soFar);
  }

  private void describe() {
    Workflow.setCurrentDetails(CollectDetails.current(dryRun, progress));
  }

  private static CollectActivities steps(ActivityOptions options) {
    return Workflow.newActivityStub(CollectActivities.class, options);
  }
}

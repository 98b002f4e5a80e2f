package io.duckmesh.workflows.schedule;

import io.duckmesh.workflows.ChildStarts;
import io.duckmesh.workflows.Words;
import io.temporal.api.enums.v1.ParentClosePolicy;
import io.temporal.workflow.ChildWorkflowStub;
import io.temporal.workflow.Promise;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInit;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Only decisions. */
public final class TimerWorkflowImpl implements TimerWorkflow {
  private ScheduledRun run;
  private @Nullable String paused;
  private @Nullable Long lastMillis;
  private boolean changed;
  private long started;
  private long skipped;

  /** Runs before any signal is handled, so that handlers find everything in place. */
  @WorkflowInit
  public TimerWorkflowImpl(TimerInput input) {
    this.run = input.run();
    this.paused = input.paused();
    this.lastMillis = input.lastMillis();
  }

  @Override
  public void run(TimerInput sameInput) {
    while (true) {
      continueAsNewWhenSuggested();
      changed = false;
      long now = Workflow.currentTimeMillis();
      long due = Ticks.next(lastMillis, run.everyMillis(), now);
      describe(due);
      if (paused != null) {
        Workflow.await(() -> changed);
      } else if (due <= now || !Workflow.await(Duration.ofMillis(due - now), () -> changed)) {
        lastMillis = due;
        start();
      }
    }
  }

  @Override
  public void change(ScheduledRun to) {
    run = to;
    changed = true;
  }

  @Override
  public void pause(String note) {
    paused = note;
    changed = true;
  }

  @Override
  public void resume() {
    paused = null;
    changed = true;
  }

  @Override
  public TimerStatus status() {
    return new TimerStatus(run, paused, started, skipped);
  }

  /** A run of its own: it goes on when the timer is continued or removed. */
  private void start() {
    JobStart start = JobStart.of(run.schedule(), Boolean.TRUE.equals(run.searchAttributes()));
    ChildWorkflowStub job =
        Workflow.newUntypedChildWorkflowStub(
            start.workflowType(),
            ChildStarts.options(start.options())
                .setParentClosePolicy(ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON)
                .build());
    Promise<Object> unused = job.executeAsync(Object.class, start.input());
    if (ChildStarts.isStarted(job.getExecution())) {
      started++;
    } else {
      skipped++;
    }
  }

  private void continueAsNewWhenSuggested() {
    if (Workflow.getInfo().isContinueAsNewSuggested()) {
      Workflow.newContinueAsNewStub(TimerWorkflow.class)
          .run(new TimerInput(run, paused, lastMillis));
    }
  }

  private void describe(long due) {
    String id =
        JobStart.of(run.schedule(), Boolean.TRUE.equals(run.searchAttributes()))
            .options()
            .getWorkflowId();
    Workflow.setCurrentDetails(
        Words.text(
            """
            Starts `%s` every %s, unless a run is active. %s

            Started %,d times, skipped %,d times since this history began.""",
            id,
            Duration.ofMillis(run.everyMillis()),
            paused == null ? "Next at " + Instant.ofEpochMilli(due) + "." : "**Paused:** " + paused,
            started,
            skipped));
  }
}

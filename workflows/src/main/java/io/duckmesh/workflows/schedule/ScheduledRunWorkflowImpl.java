package io.duckmesh.workflows.schedule;

import io.duckmesh.workflows.ChildStarts;
import io.temporal.api.enums.v1.ParentClosePolicy;
import io.temporal.failure.ChildWorkflowFailure;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.ChildWorkflowStub;
import io.temporal.workflow.Promise;
import io.temporal.workflow.Workflow;

/** Only decisions: what the job does is its own affair. */
public final class ScheduledRunWorkflowImpl implements ScheduledRunWorkflow {
  @Override
  public String run(ScheduledRun input) {
    JobStart start = JobStart.of(input.schedule(), Boolean.TRUE.equals(input.searchAttributes()));
    String id = start.options().getWorkflowId();
    ChildWorkflowStub job =
        Workflow.newUntypedChildWorkflowStub(
            start.workflowType(),
            ChildStarts.options(start.options())
                .setParentClosePolicy(ParentClosePolicy.PARENT_CLOSE_POLICY_TERMINATE)
                .build());
    Promise<Object> ended = job.executeAsync(Object.class, start.input());
    if (!ChildStarts.isStarted(job.getExecution())) {
      return describe("Skipped: a run of `%s` is active.".formatted(id));
    }
    describe("Waits for the end of `%s`.".formatted(id));
    try {
      var unused = ended.get();
      return describe("`%s` has ended.".formatted(id));
    } catch (ChildWorkflowFailure e) {
      if (CancellationScope.current().isCancelRequested()) {
        throw e;
      }
      return describe("`%s` did not come to its end; the next one tries again.".formatted(id));
    }
  }

  private static String describe(String words) {
    Workflow.setCurrentDetails(words);
    return words;
  }
}

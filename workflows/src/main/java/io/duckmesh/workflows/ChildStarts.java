package io.duckmesh.workflows;

import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowOptions;
import io.temporal.failure.ChildWorkflowFailure;
import io.temporal.workflow.ChildWorkflowOptions;
import io.temporal.workflow.Promise;

/** Starting runs from runs. For workflow code only. */
public final class ChildStarts {
  private ChildStarts() {}

  /** The same start, as a child. */
  public static ChildWorkflowOptions.Builder options(WorkflowOptions start) {
    ChildWorkflowOptions.Builder options =
        ChildWorkflowOptions.newBuilder()
            .setWorkflowId(start.getWorkflowId())
            .setTaskQueue(start.getTaskQueue())
            .setWorkflowExecutionTimeout(start.getWorkflowExecutionTimeout())
            .setStaticSummary(start.getStaticSummary())
            .setStaticDetails(start.getStaticDetails());
    if (start.getTypedSearchAttributes() != null) {
      options.setTypedSearchAttributes(start.getTypedSearchAttributes());
    }
    return options;
  }

  /** Waits for the start; false if a run with that id is active, so that none was started. */
  public static boolean isStarted(Promise<WorkflowExecution> start) {
    try {
      var unused = start.get();
      return true;
    } catch (ChildWorkflowFailure e) {
      if (e.getCause() instanceof WorkflowExecutionAlreadyStarted) {
        return false;
      }
      throw e;
    }
  }
}

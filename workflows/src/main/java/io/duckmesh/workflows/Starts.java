package io.duckmesh.workflows;

import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowOptions;
import io.temporal.worker.NonDeterministicException;
import io.temporal.worker.WorkflowImplementationOptions;
import java.time.Duration;
import java.util.function.Supplier;

/** What all starts of jobs have in common. */
public final class Starts {
  private Starts() {}

  /**
   * Starts a run unless one with its workflow id is active.
   *
   * @param start starts the workflow and answers with its run
   * @throws io.temporal.client.WorkflowServiceException if the server does not answer
   */
  public static RunStart unlessActive(Supplier<WorkflowExecution> start) {
    try {
      WorkflowExecution run = start.get();
      return new RunStart(run.getWorkflowId(), run.getRunId(), true);
    } catch (WorkflowExecutionAlreadyStarted e) {
      return new RunStart(e.getExecution().getWorkflowId(), e.getExecution().getRunId(), false);
    }
  }

  /** Options of a run of maintenance, with what people read of it before it does anything. */
  public static WorkflowOptions.Builder maintenance(
      String workflowId, Duration timeout, String summary, String details) {
    return WorkflowOptions.newBuilder()
        .setWorkflowId(workflowId)
        .setTaskQueue(TaskQueues.MAINTENANCE)
        .setWorkflowExecutionTimeout(timeout)
        .setStaticSummary(summary)
        .setStaticDetails(details);
  }

  /** A run whose history does not fit the code fails; the next one begins anew. */
  public static WorkflowImplementationOptions implementationOptions() {
    return WorkflowImplementationOptions.newBuilder()
        .setFailWorkflowExceptionTypes(NonDeterministicException.class)
        .build();
  }
}

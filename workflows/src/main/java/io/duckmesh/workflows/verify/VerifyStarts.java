package io.duckmesh.workflows.verify;

import io.duckmesh.workflows.SearchAttributes;
import io.duckmesh.workflows.TaskQueues;
import io.duckmesh.workflows.WorkflowIds;
import io.temporal.client.WorkflowOptions;
import io.temporal.worker.NonDeterministicException;
import io.temporal.worker.WorkflowImplementationOptions;
import java.time.Duration;

/** How runs are started, and how workers run them. */
public final class VerifyStarts {
  /**
   * How long a run that is started by hand may take: some tens of terabytes. A schedule sets less
   * than its interval, so that one that hangs does not stop all that follow.
   */
  public static final Duration BY_HAND = Duration.ofDays(2);

  /** How long a run of a daily schedule may take. */
  public static final Duration SCHEDULED = Duration.ofHours(23);

  private VerifyStarts() {}

  /** Options for starting a run; fails to start while one of the tenant is running. */
  public static WorkflowOptions options(VerifyInput input, Duration executionTimeout) {
    WorkflowOptions.Builder options =
        WorkflowOptions.newBuilder()
            .setWorkflowId(WorkflowIds.verify(input.tenant()))
            .setTaskQueue(TaskQueues.MAINTENANCE)
            .setWorkflowExecutionTimeout(executionTimeout)
            .setStaticSummary("Compares what tenant " + input.tenant() + " has with its catalog")
            .setStaticDetails(
                "Looks at every shard, table and file of tenant %s: conservation of events, watermarks of log and catalog, existence, size and hash of files. Changes nothing; may be terminated at any moment. The run and its findings are in the catalog."
                    .formatted(input.tenant()));
    if (Boolean.TRUE.equals(input.searchAttributes())) {
      options.setTypedSearchAttributes(
          io.temporal.common.SearchAttributes.newBuilder()
              .set(SearchAttributes.TENANT, input.tenant())
              .build());
    }
    return options.build();
  }

  /** A run whose history does not fit the code fails; the next one begins anew. */
  public static WorkflowImplementationOptions implementationOptions() {
    return WorkflowImplementationOptions.newBuilder()
        .setFailWorkflowExceptionTypes(NonDeterministicException.class)
        .build();
  }
}

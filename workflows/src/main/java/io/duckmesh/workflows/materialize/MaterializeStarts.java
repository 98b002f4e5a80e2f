package io.duckmesh.workflows.materialize;

import io.duckmesh.workflows.SearchAttributes;
import io.duckmesh.workflows.TaskQueues;
import io.duckmesh.workflows.WorkflowIds;
import io.temporal.client.WorkflowOptions;
import io.temporal.worker.NonDeterministicException;
import io.temporal.worker.WorkflowImplementationOptions;
import java.time.Duration;

/** How runs are started, and how workers run them. */
public final class MaterializeStarts {
  private MaterializeStarts() {}

  /** Options for starting the run of a shard; fails to start while one is running. */
  public static WorkflowOptions options(MaterializeInput input) {
    WorkflowOptions.Builder options =
        WorkflowOptions.newBuilder()
            .setWorkflowId(WorkflowIds.materialize(input.shard()))
            .setTaskQueue(TaskQueues.MATERIALIZE)
            // A decision takes milliseconds; after a kill the next worker gets it this soon.
            .setWorkflowTaskTimeout(Duration.ofSeconds(3))
            .setStaticSummary("Lands events of shard " + input.shard())
            .setStaticDetails(
                "Claims batches of shard %s (tenant %s) from the log, writes them as Parquet and commits them to the catalog. May be terminated at any moment: it is started anew and goes on where the catalog stands. Signals: pause, resume, flush."
                    .formatted(input.shard(), input.tenant()));
    if (Boolean.TRUE.equals(input.searchAttributes())) {
      options.setTypedSearchAttributes(
          io.temporal.common.SearchAttributes.newBuilder()
              .set(SearchAttributes.TENANT, input.tenant())
              .set(SearchAttributes.SHARD, input.shard())
              .build());
    }
    return options.build();
  }

  /**
   * A run whose history does not fit the code fails, instead of being tried again for ever: the
   * reconciler starts it anew, and nothing is lost.
   */
  public static WorkflowImplementationOptions implementationOptions() {
    return WorkflowImplementationOptions.newBuilder()
        .setFailWorkflowExceptionTypes(NonDeterministicException.class)
        .build();
  }
}

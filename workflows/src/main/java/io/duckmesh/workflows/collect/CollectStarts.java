package io.duckmesh.workflows.collect;

import io.duckmesh.workflows.RunStart;
import io.duckmesh.workflows.Starts;
import io.duckmesh.workflows.WorkflowIds;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import java.time.Duration;

/** How runs are started. */
public final class CollectStarts {
  /** How long a run may take. What it did not come to is left to the next one. */
  public static final Duration LONGEST = Duration.ofHours(1);

  private CollectStarts() {}

  /**
   * Starts a run by hand, unless one is active; a dry run, unless a dry run is.
   *
   * @param client its data converter must be {@link io.duckmesh.workflows.PayloadConverters}
   * @throws io.temporal.client.WorkflowServiceException if the server does not answer
   */
  public static RunStart start(WorkflowClient client, CollectInput input) {
    CollectWorkflow workflow =
        client.newWorkflowStub(CollectWorkflow.class, options(input, LONGEST));
    return Starts.unlessActive(() -> WorkflowClient.start(workflow::collect, input));
  }

  /** Options of a run; fails to start while one with its id is running. */
  public static WorkflowOptions options(CollectInput input, Duration executionTimeout) {
    boolean dryRun = Boolean.TRUE.equals(input.dryRun());
    return Starts.maintenance(
            dryRun ? WorkflowIds.dryRun(WorkflowIds.collect()) : WorkflowIds.collect(),
            executionTimeout,
            dryRun ? "Counts objects that could be deleted" : "Deletes objects that nothing needs",
            "Marks objects that no readable snapshot and no write needs, and deletes those that were marked longer than the grace time ago and that no running query reads. May be cancelled or terminated at any moment. The run is in the catalog.")
        .build();
  }
}

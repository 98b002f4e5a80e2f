package io.duckmesh.workflows.expire;

import io.duckmesh.workflows.RunStart;
import io.duckmesh.workflows.SearchAttributes;
import io.duckmesh.workflows.Starts;
import io.duckmesh.workflows.WorkflowIds;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import java.time.Duration;

/** How runs are started. */
public final class ExpireStarts {
  /** How long a run may take: many tables whose rows go by their age. */
  public static final Duration BY_HAND = Duration.ofHours(6);

  /** How long a run of an hourly schedule may take, so that one that hangs does not skip two. */
  public static final Duration SCHEDULED = Duration.ofMinutes(55);

  private ExpireStarts() {}

  /**
   * Starts a run by hand, unless one of the tenant is active; a dry run, unless a dry run is.
   *
   * @param client its data converter must be {@link io.duckmesh.workflows.PayloadConverters}
   * @throws io.temporal.client.WorkflowServiceException if the server does not answer
   */
  public static RunStart start(WorkflowClient client, ExpireInput input) {
    ExpireWorkflow workflow = client.newWorkflowStub(ExpireWorkflow.class, options(input, BY_HAND));
    return Starts.unlessActive(() -> WorkflowClient.start(workflow::expire, input));
  }

  /** Options of a run; fails to start while one with its id is running. */
  public static WorkflowOptions options(ExpireInput input, Duration executionTimeout) {
    String id = WorkflowIds.expire(input.tenant());
    boolean dryRun = Boolean.TRUE.equals(input.dryRun());
    WorkflowOptions.Builder options =
        Starts.maintenance(
            dryRun ? WorkflowIds.dryRun(id) : id,
            executionTimeout,
            (dryRun
                    ? "Counts what would expire of tenant %s"
                    : "Lets go of what tenant %s does not keep")
                .formatted(input.tenant()),
            "Lets snapshots of tenant %s expire that its policies do not keep and no pin protects, drops rows by their age, and forgets what the catalog kept of expired snapshots. Deletes no object. May be cancelled or terminated at any moment. The run is in the catalog."
                .formatted(input.tenant()));
    if (Boolean.TRUE.equals(input.searchAttributes())) {
      options.setTypedSearchAttributes(
          io.temporal.common.SearchAttributes.newBuilder()
              .set(SearchAttributes.TENANT, input.tenant())
              .build());
    }
    return options.build();
  }
}

package io.duckmesh.workflows.compact;

import io.duckmesh.workflows.RunStart;
import io.duckmesh.workflows.SearchAttributes;
import io.duckmesh.workflows.Starts;
import io.duckmesh.workflows.WorkflowIds;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import java.time.Duration;
import java.util.List;

/** How runs are started. */
public final class CompactStarts {
  /**
   * How long a run may take. One that hangs is ended then, and the next one is started within
   * seconds; one that is busy goes on in the next one.
   */
  public static final Duration LONGEST = Duration.ofHours(6);

  /** How long finding out may take. It takes milliseconds; a worker may have to start first. */
  public static final Duration LONGEST_LOOK = Duration.ofMinutes(1);

  private CompactStarts() {}

  /**
   * Starts a run, by hand or because there is something to merge, unless one of the table is
   * active; a dry run, unless a dry run is.
   *
   * @param client its data converter must be {@link io.duckmesh.workflows.PayloadConverters}
   * @throws io.temporal.client.WorkflowServiceException if the server does not answer
   */
  public static RunStart start(WorkflowClient client, CompactInput input) {
    CompactWorkflow workflow = client.newWorkflowStub(CompactWorkflow.class, options(input));
    return Starts.unlessActive(() -> WorkflowClient.start(workflow::compact, input));
  }

  /** Options of a run; fails to start while one with its id is running. */
  public static WorkflowOptions options(CompactInput input) {
    WorkflowOptions.Builder options =
        Starts.maintenance(workflowId(input), LONGEST, summary(input), details(input));
    if (Boolean.TRUE.equals(input.searchAttributes())) {
      options.setTypedSearchAttributes(attributes(input));
    }
    return options.build();
  }

  /** Options of a run that starts runs; fails to start while one of the tenant is running. */
  public static WorkflowOptions options(CompactDueInput input) {
    WorkflowOptions.Builder options =
        Starts.maintenance(
            WorkflowIds.compactDue(input.tenant()),
            LONGEST_LOOK,
            "Starts merging of small files of tenant " + input.tenant(),
            "Finds tables of tenant %s that have small files, and starts a run compact/<table id> for each that has none. Changes nothing itself."
                .formatted(input.tenant()));
    if (Boolean.TRUE.equals(input.searchAttributes())) {
      options.setTypedSearchAttributes(
          io.temporal.common.SearchAttributes.newBuilder()
              .set(SearchAttributes.TENANT, input.tenant())
              .build());
    }
    return options.build();
  }

  static String workflowId(CompactInput input) {
    String id = WorkflowIds.compact(input.tableId());
    return Boolean.TRUE.equals(input.dryRun()) ? WorkflowIds.dryRun(id) : id;
  }

  static String summary(CompactInput input) {
    return Boolean.TRUE.equals(input.dryRun())
        ? "Plans what to merge of table %s of tenant %s"
            .formatted(input.tableName(), input.tenant())
        : "Merges small files of table %s of tenant %s"
            .formatted(input.tableName(), input.tenant());
  }

  static String details(CompactInput input) {
    return "Reads small files of table %s (tenant %s), writes bigger ones and publishes them, each group as a snapshot of its own. Rows stay as they are, earlier snapshots keep their files. May be cancelled or terminated at any moment. The run is in the catalog."
        .formatted(input.tableName(), input.tenant());
  }

  static io.temporal.common.SearchAttributes attributes(CompactInput input) {
    return io.temporal.common.SearchAttributes.newBuilder()
        .set(SearchAttributes.TENANT, input.tenant())
        .set(SearchAttributes.TABLE, List.of(input.tableName()))
        .build();
  }
}

package io.duckmesh.workflows.compact;

import io.duckmesh.workflows.ActivityProfiles;
import io.duckmesh.workflows.ChildStarts;
import io.duckmesh.workflows.Words;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.ParentClosePolicy;
import io.temporal.workflow.Async;
import io.temporal.workflow.ChildWorkflowOptions;
import io.temporal.workflow.Promise;
import io.temporal.workflow.Workflow;
import java.util.ArrayList;
import java.util.List;

/** Only decisions: what is due is the activity's affair. */
public final class CompactDueWorkflowImpl implements CompactDueWorkflow {
  @Override
  public CompactDueResult compactDue(CompactDueInput input) {
    DueTables found =
        Workflow.newActivityStub(
                CompactDueActivities.class,
                ActivityProfiles.looking("Looks for tables with small files"))
            .findDue(input);
    List<DueTable> due = found.tables() == null ? List.of() : found.tables();
    List<Promise<WorkflowExecution>> starts = new ArrayList<>();
    for (DueTable table : due) {
      starts.add(
          start(
              CompactInput.scheduled(
                  input.tenant(),
                  table.tableId(),
                  table.name(),
                  Boolean.TRUE.equals(input.searchAttributes()))));
    }
    int started = 0;
    for (Promise<WorkflowExecution> start : starts) {
      started += ChildStarts.isStarted(start) ? 1 : 0;
    }
    CompactDueResult result = new CompactDueResult(due.size(), started, due.size() - started);
    Workflow.setCurrentDetails(
        Words.text(
            "%s of tenant %s with small files: %s started, %,d running already.",
            Words.count(result.due(), "table"),
            input.tenant(),
            Words.count(result.started(), "run"),
            result.running()));
    return result;
  }

  /** A run of its own: it goes on when this one has ended. */
  private static Promise<WorkflowExecution> start(CompactInput table) {
    ChildWorkflowOptions.Builder options =
        ChildStarts.options(CompactStarts.options(table))
            .setParentClosePolicy(ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON);
    CompactWorkflow child = Workflow.newChildWorkflowStub(CompactWorkflow.class, options.build());
    Promise<CompactResult> unused = Async.function(child::compact, table);
    return Workflow.getWorkflowExecution(child);
  }
}

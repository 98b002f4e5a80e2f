package io.duckmesh.workflows.compact;

import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Merges small files of one table. */
@WorkflowInterface
public interface CompactWorkflow {
  /**
   * Plans, rewrites and publishes until nothing is left to merge or the table's window is closed.
   * Each group is published by itself: what is finished is never done again. May be cancelled or
   * terminated at any moment.
   */
  @WorkflowMethod(name = "compact")
  CompactResult compact(CompactInput input);

  @QueryMethod(name = "status")
  CompactStatus status();
}

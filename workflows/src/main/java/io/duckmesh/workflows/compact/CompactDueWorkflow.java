package io.duckmesh.workflows.compact;

import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Starts merging where it is due. */
@WorkflowInterface
public interface CompactDueWorkflow {
  /**
   * Finds a tenant's tables that have files to merge and starts a run for each that has none. Does
   * not wait for them.
   */
  @WorkflowMethod(name = "compact-due")
  CompactDueResult compactDue(CompactDueInput input);
}

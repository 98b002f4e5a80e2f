package io.duckmesh.workflows.collect;

import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Deletes objects that nothing refers to. */
@WorkflowInterface
public interface CollectWorkflow {
  /**
   * Marks what is garbage, tenant by tenant, then deletes what has been garbage for the grace time.
   * A tenant that can not be marked does not stop the others. May be cancelled or terminated at any
   * moment.
   */
  @WorkflowMethod(name = "collect")
  CollectResult collect(CollectInput input);

  @QueryMethod(name = "status")
  CollectStatus status();
}

package io.duckmesh.workflows.expire;

import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Lets go of what a tenant does not want to keep. */
@WorkflowInterface
public interface ExpireWorkflow {
  /**
   * Lets snapshots expire, drops rows by their age, and forgets what the catalog kept of expired
   * snapshots. Deletes no object. May be cancelled or terminated at any moment.
   */
  @WorkflowMethod(name = "expire")
  ExpireResult expire(ExpireInput input);

  @QueryMethod(name = "status")
  ExpireStatus status();
}

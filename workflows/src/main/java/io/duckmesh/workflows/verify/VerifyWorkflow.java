package io.duckmesh.workflows.verify;

import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Compares everything that a tenant has with what its catalog says. */
@WorkflowInterface
public interface VerifyWorkflow {
  /**
   * Looks at every shard, table and file once, and records the run with its findings in the
   * catalog, under the id of the first run of this chain. Changes nothing else; may be terminated
   * and started anew at any moment.
   */
  @WorkflowMethod(name = "verify")
  VerifyResult verify(VerifyInput input);
}

package io.duckmesh.workflows.materialize;

import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Lands the events of one shard, for as long as the shard exists. */
@WorkflowInterface
public interface MaterializeWorkflow {
  /**
   * Claims, writes and commits one batch after the other; never returns. Truth is in the catalog
   * and the log: the run may be terminated and started anew at any moment.
   */
  @WorkflowMethod(name = "materialize")
  void materialize(MaterializeInput input);

  /** Stops after the batch at hand; a run that waits for events stops within seconds. */
  @SignalMethod(name = "pause")
  void pause();

  /** Goes on after a pause. */
  @SignalMethod(name = "resume")
  void resume();

  /** Asks that what is in the log now be landed without linger. */
  @SignalMethod(name = "flush")
  void flush();

  @QueryMethod(name = "status")
  MaterializeStatus status();
}

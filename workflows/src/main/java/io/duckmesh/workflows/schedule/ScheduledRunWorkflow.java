package io.duckmesh.workflows.schedule;

import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/**
 * What a Temporal schedule starts: the job's run as a child with the id that a run by hand has. (A
 * schedule adds the time to the ids that it starts, so by itself it would not notice that one.)
 */
@WorkflowInterface
public interface ScheduledRunWorkflow {
  /**
   * Starts the job's run, unless one is active, and waits for its end: as long as it takes the
   * schedule skips. When this run times out or is terminated, the job's run is ended.
   *
   * @return how it went, in words
   */
  @WorkflowMethod(name = "scheduled-run")
  String run(ScheduledRun input);
}

package io.duckmesh.workflows;

import static java.util.Objects.requireNonNull;

/**
 * What came of a start.
 *
 * @param runId the run that was started, or the one that is active
 * @param started false if a run with that workflow id is active, so that none was started
 */
public record RunStart(String workflowId, String runId, boolean started) {
  public RunStart {
    requireNonNull(workflowId, "workflowId is null");
    requireNonNull(runId, "runId is null");
  }
}

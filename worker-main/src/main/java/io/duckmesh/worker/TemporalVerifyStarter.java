package io.duckmesh.worker;

import io.duckmesh.api.operations.VerifyStarter;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.workflows.verify.VerifyInput;
import io.duckmesh.workflows.verify.VerifyStarts;
import io.duckmesh.workflows.verify.VerifyWorkflow;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import java.util.Map;

/** Starts the workflow. */
final class TemporalVerifyStarter implements VerifyStarter {
  private final WorkflowClient client;

  TemporalVerifyStarter(WorkflowClient client) {
    this.client = client;
  }

  @Override
  public String start(TenantId tenant) {
    // Without search attributes: a server that does not know them would refuse the start.
    VerifyInput input = VerifyInput.first(tenant.value(), false);
    VerifyWorkflow workflow =
        client.newWorkflowStub(
            VerifyWorkflow.class, VerifyStarts.options(input, VerifyStarts.BY_HAND));
    try {
      return TemporalCalls.call(
          client,
          "the run was not started",
          () -> WorkflowClient.start(workflow::verify, input).getRunId());
    } catch (WorkflowExecutionAlreadyStarted e) {
      throw new ProblemException(
          ApiError.RUN_ACTIVE,
          "A verify run of the tenant is active: " + e.getExecution().getRunId(),
          Map.of("run_id", e.getExecution().getRunId()),
          null,
          e);
    }
  }
}

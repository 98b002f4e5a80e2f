package io.duckmesh.worker;

import io.duckmesh.api.operations.VerifyStarter;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.workflows.verify.VerifyInput;
import io.duckmesh.workflows.verify.VerifyStarts;
import io.duckmesh.workflows.verify.VerifyWorkflow;
import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowServiceException;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the workflow. */
final class TemporalVerifyStarter implements VerifyStarter {
  private static final Logger LOG = LoggerFactory.getLogger(TemporalVerifyStarter.class);
  private static final long PROBE_SECONDS = 3;

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
      probe();
      return WorkflowClient.start(workflow::verify, input).getRunId();
    } catch (WorkflowExecutionAlreadyStarted e) {
      throw new ProblemException(
          ApiError.RUN_ACTIVE,
          "A verify run of the tenant is active: " + e.getExecution().getRunId(),
          Map.of("run_id", e.getExecution().getRunId()),
          null,
          e);
    } catch (StatusRuntimeException | WorkflowServiceException e) {
      LOG.warn("Verify run not started tenant={} reason={}", tenant, e.getMessage());
      throw new ProblemException(
          ApiError.UNAVAILABLE,
          "Temporal does not answer, so that the run was not started",
          Map.of(),
          null,
          e);
    }
  }

  /** Starting would be tried for a minute; who asks by hand is told sooner. */
  private void probe() {
    WorkflowServiceStubs stubs = client.getWorkflowServiceStubs();
    stubs.getRawChannel().resetConnectBackoff();
    DescribeNamespaceRequest request =
        DescribeNamespaceRequest.newBuilder()
            .setNamespace(client.getOptions().getNamespace())
            .build();
    var unused =
        stubs
            .blockingStub()
            .withDeadlineAfter(PROBE_SECONDS, TimeUnit.SECONDS)
            .describeNamespace(request);
  }
}

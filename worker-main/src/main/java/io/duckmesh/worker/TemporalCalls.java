package io.duckmesh.worker;

import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.workflows.schedule.SchedulesUnavailableException;
import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowServiceException;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What somebody asks of Temporal by hand, and is told soon if it does not answer. */
final class TemporalCalls {
  private static final Logger LOG = LoggerFactory.getLogger(TemporalCalls.class);
  private static final long PROBE_SECONDS = 3;

  private TemporalCalls() {}

  /**
   * Calls the server.
   *
   * @param what what is not done if the server does not answer, for example {@code the run was not
   *     started}
   * @throws ProblemException {@code UNAVAILABLE} if the server does not answer
   */
  static <T> T call(WorkflowClient client, String what, Supplier<T> call) {
    try {
      probe(client);
      return call.get();
    } catch (StatusRuntimeException | WorkflowServiceException | SchedulesUnavailableException e) {
      LOG.warn("Temporal does not answer consequence=\"{}\" reason={}", what, e.getMessage());
      throw new ProblemException(
          ApiError.UNAVAILABLE, "Temporal does not answer, so that " + what, Map.of(), null, e);
    }
  }

  /** Starting would be tried for a minute; who asks by hand is told sooner. */
  private static void probe(WorkflowClient client) {
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

package io.duckmesh.workflows.verify;

import io.duckmesh.testing.TemporalServer;
import io.duckmesh.workflows.PayloadConverters;
import io.duckmesh.workflows.TaskQueues;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Records the histories that {@link VerifyReplayTest} replays, on a real server. Run it on released
 * code, never on a branch: {@code ./mvnw -pl workflows test -Dtest=RecordVerifyHistoriesIT
 * -Dduckmesh.record=v1} writes {@code src/test/resources/replay/verify/v1-*.json}.
 */
@EnabledIfSystemProperty(named = "duckmesh.record", matches = "[a-z0-9.-]+")
class RecordVerifyHistoriesIT {
  private final ScriptedSteps steps = new ScriptedSteps();

  @Test
  void recordHistories() throws IOException {
    WorkflowServiceStubs service =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder()
                .setTarget(TemporalServer.shared().address())
                .build());
    WorkflowClient client =
        WorkflowClient.newInstance(
            service,
            WorkflowClientOptions.newBuilder()
                .setDataConverter(PayloadConverters.dataConverter())
                .setIdentity("worker")
                .build());
    WorkerFactory factory = WorkerFactory.newInstance(client);
    Worker worker = factory.newWorker(TaskQueues.MAINTENANCE);
    worker.registerWorkflowImplementationTypes(
        VerifyStarts.implementationOptions(), VerifyWorkflowImpl.class);
    worker.registerActivitiesImplementations(steps);
    factory.start();
    try {
      record(client, "passed");
      steps.findingsOfShard = 1;
      steps.failures.set(1);
      record(client, "failed");
      steps.filesAtOnce = 1;
      steps.files = 700;
      record(client, "continued");
    } finally {
      factory.shutdownNow();
      service.shutdownNow();
    }
  }

  private static void record(WorkflowClient client, String name) throws IOException {
    VerifyInput input = VerifyInput.first(name, false);
    VerifyWorkflow workflow =
        client.newWorkflowStub(
            VerifyWorkflow.class, VerifyStarts.options(input, VerifyStarts.BY_HAND));
    WorkflowClient.start(workflow::verify, input);
    WorkflowStub.fromTyped(workflow).getResult(VerifyResult.class);
    Files.writeString(
        Path.of(
            "src/test/resources/replay/verify",
            System.getProperty("duckmesh.record") + "-" + name + ".json"),
        client.fetchHistory("verify/" + name).toJson(true));
  }
}

package io.duckmesh.workflows.materialize;

import static io.duckmesh.workflows.materialize.ScriptedActivities.await;
import static io.duckmesh.workflows.materialize.ScriptedActivities.batch;

import io.duckmesh.testing.TemporalServer;
import io.duckmesh.workflows.PayloadConverters;
import io.duckmesh.workflows.TaskQueues;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Records the histories that {@link ReplayTest} replays, on a real server. Run it on released code,
 * never on a branch: {@code ./mvnw -pl workflows test -Dtest=RecordHistoriesIT
 * -Dduckmesh.record=v1} writes {@code src/test/resources/replay/v1-*.json}.
 */
@EnabledIfSystemProperty(named = "duckmesh.record", matches = "[a-z0-9.-]+")
class RecordHistoriesIT {
  private final ScriptedActivities activities = new ScriptedActivities();

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
    Worker worker =
        factory.newWorker(
            TaskQueues.MATERIALIZE,
            WorkerOptions.newBuilder()
                .setMaxHeartbeatThrottleInterval(Duration.ofMillis(50))
                .build());
    worker.registerWorkflowImplementationTypes(
        MaterializeStarts.implementationOptions(), MaterializeWorkflowImpl.class);
    worker.registerActivitiesImplementations(activities);
    factory.start();
    try {
      recordBatches(client);
      recordPause(client);
      recordTrouble(client);
      recordContinueAsNew(client);
    } finally {
      factory.shutdownNow();
      service.shutdownNow();
    }
  }

  private void recordBatches(WorkflowClient client) throws IOException {
    activities.maxWait = Duration.ofMillis(100);
    MaterializeWorkflow workflow = start(client, "batches-0");
    activities.awaitCalls("claim", 3);
    activities.log.addAll(List.of(batch(0, 3), batch(3, 4), batch(4, 90)));
    activities.awaitCalls("commit 90", 1);
    workflow.flush();
    activities.awaitCalls("flush batches-0", 1);
    save(client, workflow, "batches");
  }

  private void recordPause(WorkflowClient client) throws IOException {
    activities.maxWait = Duration.ofSeconds(20);
    MaterializeWorkflow workflow = start(client, "pause-0");
    workflow.pause();
    await(() -> workflow.status().state().equals("paused"), "paused");
    activities.log.add(batch(0, 7));
    workflow.resume();
    activities.awaitCalls("commit 7", 1);
    workflow.pause();
    await(() -> workflow.status().state().equals("paused"), "paused");
    save(client, workflow, "pause");
  }

  private void recordTrouble(WorkflowClient client) throws IOException {
    AtomicInteger attempts = new AtomicInteger();
    activities.write =
        batch -> {
          if (batch.upTo() == 8) {
            return WriteResult.lost("Lease lost", 1);
          }
          if (attempts.incrementAndGet() < 3) {
            throw ApplicationFailure.newFailure("Store is down", "UNAVAILABLE");
          }
          return ScriptedActivities.prepared(batch);
        };
    activities.commit =
        input ->
            input.batch().upTo() == 9
                ? CommitResult.conflict("Watermark is 9", 1)
                : ScriptedActivities.committed(input);
    activities.log.addAll(List.of(batch(0, 8), batch(8, 9), batch(9, 10)));
    MaterializeWorkflow workflow = start(client, "trouble-0");
    activities.awaitCalls("commit 10", 1);
    save(client, workflow, "trouble");
  }

  private void recordContinueAsNew(WorkflowClient client) throws IOException {
    MaterializeWorkflow workflow = start(client, "long-0");
    String firstRun = run(workflow);
    for (int i = 0; i < 230; i++) {
      activities.log.add(batch(1000 + i, 1001 + i));
    }
    activities.awaitCalls("commit 1230", 1);
    await(() -> !run(workflow).equals(firstRun), "continued as a new run");
    save(client, workflow, "continued");
  }

  private static MaterializeWorkflow start(WorkflowClient client, String shard) {
    MaterializeInput input = MaterializeInput.first(shard, "default", false);
    MaterializeWorkflow workflow =
        client.newWorkflowStub(MaterializeWorkflow.class, MaterializeStarts.options(input));
    String id = WorkflowClient.start(workflow::materialize, input).getWorkflowId();
    return client.newWorkflowStub(MaterializeWorkflow.class, id);
  }

  private static String run(MaterializeWorkflow workflow) {
    return WorkflowStub.fromTyped(workflow).describe().getExecution().getRunId();
  }

  private void save(WorkflowClient client, MaterializeWorkflow workflow, String name)
      throws IOException {
    await(() -> List.of("waiting", "paused").contains(workflow.status().state()), "idle");
    WorkflowStub stub = WorkflowStub.fromTyped(workflow);
    String history = client.fetchHistory(stub.getExecution().getWorkflowId()).toJson(true);
    stub.terminate("recorded");
    activities.calls.clear();
    Files.writeString(
        Path.of(
            "src/test/resources/replay",
            System.getProperty("duckmesh.record") + "-" + name + ".json"),
        history);
  }
}

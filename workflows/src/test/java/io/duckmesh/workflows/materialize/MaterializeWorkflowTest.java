package io.duckmesh.workflows.materialize;

import static io.duckmesh.workflows.materialize.ScriptedActivities.await;
import static io.duckmesh.workflows.materialize.ScriptedActivities.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.workflows.PayloadConverters;
import io.duckmesh.workflows.SearchAttributes;
import io.duckmesh.workflows.TaskQueues;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MaterializeWorkflowTest {
  private final ScriptedActivities activities = new ScriptedActivities();
  private TestWorkflowEnvironment environment;
  private WorkflowClient client;
  private MaterializeWorkflow workflow;

  @BeforeEach
  void startServerAndWorker() {
    TestEnvironmentOptions.Builder options =
        TestEnvironmentOptions.newBuilder()
            .setUseTimeskipping(false)
            .setWorkerFactoryOptions(
                WorkerFactoryOptions.newBuilder()
                    .setShutdownCheckInterval(Duration.ofMillis(10))
                    .build())
            .setWorkflowClientOptions(
                WorkflowClientOptions.newBuilder()
                    .setDataConverter(PayloadConverters.dataConverter())
                    .build());
    SearchAttributes.ALL.forEach(
        attribute ->
            options.registerSearchAttribute(attribute.getName(), attribute.getValueType()));
    environment = TestWorkflowEnvironment.newInstance(options.build());
    Worker worker =
        environment.newWorker(
            TaskQueues.MATERIALIZE,
            WorkerOptions.newBuilder()
                .setDefaultDeadlockDetectionTimeout(5000)
                .setMaxHeartbeatThrottleInterval(Duration.ofMillis(50))
                .build());
    worker.registerWorkflowImplementationTypes(
        MaterializeStarts.implementationOptions(), MaterializeWorkflowImpl.class);
    worker.registerActivitiesImplementations(activities);
    environment.start();
    client = environment.getWorkflowClient();
  }

  @AfterEach
  void stop() {
    environment.shutdownNow();
    environment.close();
  }

  @Test
  void batchesAreClaimedWrittenAndCommittedOneAfterTheOther() {
    activities.log.addAll(List.of(batch(0, 3), batch(3, 4)));

    start();

    activities.awaitCalls("claim", 3);
    assertThat(activities.calls)
        .containsExactly("claim", "write 3", "commit 3", "claim", "write 4", "commit 4", "claim");
    assertThat(workflow.status())
        .isEqualTo(
            new MaterializeStatus(
                "default-0",
                "default",
                "waiting",
                false,
                4L,
                104L,
                new MaterializeTotals(2, 40, 0, 0, 0)));
  }

  @Test
  void waitWithoutEventsIsFollowedByAnotherWait() {
    activities.maxWait = Duration.ofMillis(50);

    start();

    activities.awaitCalls("claim", 3);
    assertThat(activities.calls).containsOnly("claim");
  }

  @Test
  void batchThatWasLostIsNotCommitted() {
    activities.write = lost -> WriteResult.lost("Lease lost", 1);
    activities.log.add(batch(0, 3));

    start();

    activities.awaitCalls("claim", 2);
    assertThat(activities.calls).containsExactly("claim", "write 3", "claim");
    assertThat(workflow.status().totals().conflicts()).isEqualTo(1);
  }

  @Test
  void conflictOfACommitIsFollowedByTheNextClaim() {
    activities.commit = lost -> CommitResult.conflict("Watermark is 5", 1);
    activities.log.add(batch(0, 3));

    start();

    activities.awaitCalls("claim", 2);
    assertThat(activities.calls).containsExactly("claim", "write 3", "commit 3", "claim");
    assertThat(workflow.status().landed()).isNull();
  }

  @Test
  void failedStepsAreTriedAgain() {
    AtomicInteger attempts = new AtomicInteger();
    activities.write =
        batch -> {
          if (attempts.incrementAndGet() < 3) {
            throw ApplicationFailure.newFailure("Store is down", "UNAVAILABLE");
          }
          return ScriptedActivities.prepared(batch);
        };
    activities.log.add(batch(0, 3));

    start();

    activities.awaitCalls("commit 3", 1);
    assertThat(attempts).hasValue(3);
  }

  @Test
  void failureThatNothingMendsEndsTheRun() {
    activities.write =
        batch -> {
          throw ApplicationFailure.newNonRetryableFailure("Broken", "LOG_AHEAD_OF_CATALOG");
        };
    activities.log.add(batch(0, 3));

    start();

    assertThatThrownBy(() -> WorkflowStub.fromTyped(workflow).getResult(Void.class))
        .isInstanceOf(WorkflowFailedException.class)
        .hasStackTraceContaining("LOG_AHEAD_OF_CATALOG");
  }

  @Test
  void pauseEndsAWaitAndNothingIsClaimedUntilResume() {
    start();
    activities.awaitCalls("claim", 1);

    workflow.pause();

    await(() -> workflow.status().state().equals("paused"), "paused");
    activities.log.add(batch(0, 3));
    assertThat(activities.calls).containsExactly("claim");
    workflow.resume();
    activities.awaitCalls("commit 3", 1);
  }

  @Test
  void pauseDuringAWriteComesAfterTheCommit() throws InterruptedException {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    activities.write =
        batch -> {
          writing.countDown();
          awaitLatch(mayEnd);
          return ScriptedActivities.prepared(batch);
        };
    activities.log.add(batch(0, 3));
    start();
    writing.await();

    workflow.pause();
    mayEnd.countDown();

    await(() -> workflow.status().state().equals("paused"), "paused");
    assertThat(activities.calls).containsExactly("claim", "write 3", "commit 3");
  }

  @Test
  void runCanStartPaused() {
    start(new MaterializeInput("default-0", "default", true, true, null));

    await(() -> workflow.status().state().equals("paused"), "paused");
    assertThat(activities.calls).isEmpty();
  }

  @Test
  void flushIsPassedOnToTheLogWhileAClaimWaits() {
    start();
    activities.awaitCalls("claim", 1);

    workflow.flush();

    activities.awaitCalls("flush default-0", 1);
    assertThat(workflow.status().state()).isEqualTo("waiting");
  }

  @Test
  void longRunGoesOnAsANewOneWithItsTotals() {
    String firstRun = start().getRunId();
    for (int i = 0; i < 240; i++) {
      activities.log.add(batch(i, i + 1));
    }

    activities.awaitCalls("commit 240", 1);
    await(() -> workflow.status().totals().batches() == 240, "240 batches");

    assertThat(currentRun()).isNotEqualTo(firstRun);
  }

  @Test
  void detailsTellOfTheLastBatchInWords() {
    activities.log.add(batch(0, 3));

    start();

    activities.awaitCalls("claim", 2);
    assertThat(details())
        .contains("Lands events of shard **default-0**.")
        .contains("| Positions | 1 to 3 (3 segments, 30 rows) |")
        .contains("| Tables | flights, airlines |")
        .contains("| Snapshot | 103 |")
        .contains("This run: 1 batches, 30 rows visible");
  }

  @Test
  void tablesAreSearchableAndWrittenOnceOnly() {
    activities.log.addAll(List.of(batch(0, 3), batch(3, 4), batch(4, 5)));

    start();

    activities.awaitCalls("commit 5", 1);
    activities.awaitCalls("claim", 4);
    long upserts =
        client.fetchHistory("materialize/default-0").getEvents().stream()
            .filter(event -> event.hasUpsertWorkflowSearchAttributesEventAttributes())
            .count();
    assertThat(upserts).isEqualTo(1);
  }

  private WorkflowExecution start() {
    return start(MaterializeInput.first("default-0", "default", true));
  }

  private WorkflowExecution start(MaterializeInput input) {
    workflow = client.newWorkflowStub(MaterializeWorkflow.class, MaterializeStarts.options(input));
    WorkflowExecution started = WorkflowClient.start(workflow::materialize, input);
    workflow = client.newWorkflowStub(MaterializeWorkflow.class, started.getWorkflowId());
    return started;
  }

  private String currentRun() {
    return WorkflowStub.fromTyped(workflow).describe().getExecution().getRunId();
  }

  private String details() {
    return WorkflowStub.fromTyped(workflow)
        .query("__temporal_workflow_metadata", io.temporal.api.sdk.v1.WorkflowMetadata.class)
        .getCurrentDetails();
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}

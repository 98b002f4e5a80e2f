package io.duckmesh.workflows.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.workflows.PayloadConverters;
import io.duckmesh.workflows.SearchAttributes;
import io.duckmesh.workflows.TaskQueues;
import io.temporal.api.sdk.v1.WorkflowMetadata;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowStub;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VerifyWorkflowTest {
  private static final VerifyInput INPUT = VerifyInput.first("default", true);

  private final ScriptedSteps steps = new ScriptedSteps();
  private TestWorkflowEnvironment environment;
  private WorkflowClient client;

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
            TaskQueues.MAINTENANCE,
            WorkerOptions.newBuilder().setDefaultDeadlockDetectionTimeout(5000).build());
    worker.registerWorkflowImplementationTypes(
        VerifyStarts.implementationOptions(), VerifyWorkflowImpl.class);
    worker.registerActivitiesImplementations(steps);
    environment.start();
    client = environment.getWorkflowClient();
  }

  @AfterEach
  void stop() {
    environment.shutdownNow();
    environment.close();
  }

  @Test
  void shardsTablesAndFilesAreLookedAtAndTheRunIsRecorded() {
    VerifyWorkflow workflow = workflow();

    VerifyResult result = workflow.verify(INPUT);

    assertThat(steps.calls)
        .containsExactly(
            "plan default",
            "shard default-0",
            "shard default-1",
            "tables",
            "files after null",
            "files after file 2",
            "files after file 4",
            "record");
    String runId = WorkflowStub.fromTyped(workflow).getExecution().getRunId();
    assertThat(result).isEqualTo(new VerifyResult(runId, "passed", 7, 2, 5, 500, 0, 12));
    assertThat(steps.runId).isEqualTo(runId);
  }

  @Test
  void summaryIsReadableInTheUi() {
    steps.findingsOfShard = 3;
    VerifyWorkflow workflow = workflow();

    workflow.verify(INPUT);

    WorkflowStub stub = WorkflowStub.fromTyped(workflow);
    assertThat(
            stub.query("__temporal_workflow_metadata", WorkflowMetadata.class).getCurrentDetails())
        .contains("**Failed: not everything is as the catalog says.**")
        .contains("| Files | 5 |")
        .contains("| Findings | 6 |")
        .contains("duckmesh verify --run " + steps.runId);
    assertThat(stub.describe().getTypedSearchAttributes().get(SearchAttributes.TENANT))
        .isEqualTo("default");
  }

  @Test
  void stepThatFailsIsTriedAgain() {
    steps.failures.set(2);

    assertThat(workflow().verify(INPUT).state()).isEqualTo("passed");

    assertThat(steps.calls).containsOnlyOnce("files after null", "files after file 2");
  }

  @Test
  void secondRunOfATenantIsRefusedWhileTheFirstIsActive() {
    steps.failures.set(Integer.MAX_VALUE);
    WorkflowClient.start(workflow()::verify, INPUT);

    assertThatThrownBy(() -> WorkflowClient.start(workflow()::verify, INPUT))
        .isInstanceOf(WorkflowExecutionAlreadyStarted.class);
  }

  @Test
  void runThatGoesOnFromProgressBeginsNothingAnew() {
    steps.files = 9;

    workflow()
        .verify(new VerifyInput("default", true, new VerifyProgress(7, "file 7", 2, 7, 700, 1)));

    assertThat(steps.calls).isEqualTo(List.of("files after file 7", "record"));
  }

  private VerifyWorkflow workflow() {
    return client.newWorkflowStub(
        VerifyWorkflow.class, VerifyStarts.options(INPUT, VerifyStarts.BY_HAND));
  }
}

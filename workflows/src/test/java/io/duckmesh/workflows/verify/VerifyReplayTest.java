package io.duckmesh.workflows.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.workflows.ActivityProfiles;
import io.duckmesh.workflows.PayloadConverters;
import io.duckmesh.workflows.TaskQueues;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.common.WorkflowExecutionHistory;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.testing.WorkflowReplayer;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerOptions;
import io.temporal.workflow.Workflow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Histories that released code has made must be understood by today's. */
class VerifyReplayTest {
  private static final Path HISTORIES = Path.of("src/test/resources/replay/verify");

  static List<String> histories() throws IOException {
    try (Stream<Path> files = Files.list(HISTORIES)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("histories")
  void recordedHistoryIsReplayed(String history) throws Exception {
    replay(load(history), VerifyWorkflowImpl.class);
  }

  @Test
  void thereAreHistoriesOfRunsThatPassedFailedAndContinued() throws IOException {
    assertThat(histories()).contains("v1-passed.json", "v1-failed.json", "v1-continued.json");
  }

  @Test
  void workflowThatRecordsBeforeItLooksIsFound() throws IOException {
    WorkflowExecutionHistory history = load("v1-passed.json");

    assertThatThrownBy(() -> replay(history, RecordsFirst.class))
        .hasStackTraceContaining("doesn't match event EVENT_TYPE_ACTIVITY_TASK_SCHEDULED");
  }

  private static WorkflowExecutionHistory load(String history) throws IOException {
    return WorkflowExecutionHistory.fromJson(Files.readString(HISTORIES.resolve(history)));
  }

  private static void replay(WorkflowExecutionHistory history, Class<?> implementation)
      throws Exception {
    TestEnvironmentOptions options =
        TestEnvironmentOptions.newBuilder()
            .setWorkflowClientOptions(
                WorkflowClientOptions.newBuilder()
                    .setDataConverter(PayloadConverters.dataConverter())
                    .build())
            .build();
    try (TestWorkflowEnvironment environment = TestWorkflowEnvironment.newInstance(options)) {
      // A cold JVM on a busy machine takes longer than the second that is the default.
      Worker worker =
          environment.newWorker(
              TaskQueues.MAINTENANCE,
              WorkerOptions.newBuilder().setDefaultDeadlockDetectionTimeout(30_000).build());
      worker.registerWorkflowImplementationTypes(
          VerifyStarts.implementationOptions(), implementation);
      WorkflowReplayer.replayWorkflowExecution(history, worker);
    }
  }

  /** What a careless change could look like. */
  public static final class RecordsFirst implements VerifyWorkflow {
    @Override
    public VerifyResult verify(VerifyInput input) {
      return Workflow.newActivityStub(
              VerifyActivities.class, ActivityProfiles.bookkeeping("Records the run"))
          .record(new RunInput(Workflow.getInfo().getFirstExecutionRunId(), input.tenant()));
    }
  }
}

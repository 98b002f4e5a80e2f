package io.duckmesh.workflows.materialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.workflows.PayloadConverters;
import io.duckmesh.workflows.TaskQueues;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.common.WorkflowExecutionHistory;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.testing.WorkflowReplayer;
import io.temporal.worker.Worker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Histories that released code has made must be understood by today's. */
class ReplayTest {
  private static final Path HISTORIES = Path.of("src/test/resources/replay");

  static List<String> histories() throws IOException {
    try (Stream<Path> files = Files.list(HISTORIES)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".json"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("histories")
  void recordedHistoryIsReplayed(String history) throws Exception {
    replay(load(history), MaterializeWorkflowImpl.class);
  }

  @Test
  void everyReleaseHasHistoriesOfBatchesPauseTroubleAndContinuation() throws IOException {
    assertThat(histories())
        .contains("v1-batches.json", "v1-pause.json", "v1-trouble.json", "v1-continued.json");
  }

  @Test
  void workflowThatCommitsBeforeItWritesIsFound() throws IOException {
    WorkflowExecutionHistory history = load("v1-batches.json");

    assertThatThrownBy(() -> replay(history, CommitsFirst.class))
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
      Worker worker = environment.newWorker(TaskQueues.MATERIALIZE);
      worker.registerWorkflowImplementationTypes(
          MaterializeStarts.implementationOptions(), implementation);
      WorkflowReplayer.replayWorkflowExecution(history, worker);
    }
  }

  /** What a careless change could look like. */
  public static final class CommitsFirst implements MaterializeWorkflow {
    @Override
    public void materialize(MaterializeInput input) {
      MaterializeActivities steps =
          io.temporal.workflow.Workflow.newActivityStub(
              MaterializeActivities.class,
              io.duckmesh.workflows.ActivityProfiles.committing("Commits"));
      steps.commit(new CommitInput(ScriptedActivities.batch(0, 1), 1, null));
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public void flush() {}

    @Override
    public MaterializeStatus status() {
      return new MaterializeStatus(
          "default-0", "default", "waiting", false, null, null, MaterializeTotals.NONE);
    }
  }
}

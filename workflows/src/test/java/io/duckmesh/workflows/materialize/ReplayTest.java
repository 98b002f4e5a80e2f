package io.duckmesh.workflows.materialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.workflows.RecordedHistories;
import io.duckmesh.workflows.TaskQueues;
import io.temporal.worker.WorkerOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Histories that released code has made must be understood by today's. */
class ReplayTest {
  private static final RecordedHistories HISTORIES =
      new RecordedHistories(
          Path.of("src/test/resources/replay"),
          TaskQueues.MATERIALIZE,
          WorkerOptions.getDefaultInstance(),
          MaterializeStarts.implementationOptions());

  static List<String> histories() throws IOException {
    return HISTORIES.names();
  }

  @ParameterizedTest
  @MethodSource("histories")
  void recordedHistoryIsReplayed(String history) throws Exception {
    HISTORIES.replay(history, MaterializeWorkflowImpl.class);
  }

  @Test
  void everyReleaseHasHistoriesOfBatchesPauseTroubleAndContinuation() throws IOException {
    assertThat(histories())
        .contains("v1-batches.json", "v1-pause.json", "v1-trouble.json", "v1-continued.json");
  }

  @Test
  void workflowThatCommitsBeforeItWritesIsFound() throws IOException {
    assertThatThrownBy(() -> HISTORIES.replay("v1-batches.json", CommitsFirst.class))
        .hasStackTraceContaining("doesn't match event EVENT_TYPE_ACTIVITY_TASK_SCHEDULED");
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

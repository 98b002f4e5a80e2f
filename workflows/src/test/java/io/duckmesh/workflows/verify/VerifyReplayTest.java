package io.duckmesh.workflows.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.workflows.ActivityProfiles;
import io.duckmesh.workflows.RecordedHistories;
import io.duckmesh.workflows.TaskQueues;
import io.temporal.worker.WorkerOptions;
import io.temporal.workflow.Workflow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Histories that released code has made must be understood by today's. */
class VerifyReplayTest {
  /** A cold JVM on a busy machine takes longer than the second that is the default. */
  private static final RecordedHistories HISTORIES =
      new RecordedHistories(
          Path.of("src/test/resources/replay/verify"),
          TaskQueues.MAINTENANCE,
          WorkerOptions.newBuilder().setDefaultDeadlockDetectionTimeout(30_000).build(),
          VerifyStarts.implementationOptions());

  static List<String> histories() throws IOException {
    return HISTORIES.names();
  }

  @ParameterizedTest
  @MethodSource("histories")
  void recordedHistoryIsReplayed(String history) throws Exception {
    HISTORIES.replay(history, VerifyWorkflowImpl.class);
  }

  @Test
  void thereAreHistoriesOfRunsThatPassedFailedAndContinued() throws IOException {
    assertThat(histories()).contains("v1-passed.json", "v1-failed.json", "v1-continued.json");
  }

  @Test
  void workflowThatRecordsBeforeItLooksIsFound() throws IOException {
    assertThatThrownBy(() -> HISTORIES.replay("v1-passed.json", RecordsFirst.class))
        .hasStackTraceContaining("doesn't match event EVENT_TYPE_ACTIVITY_TASK_SCHEDULED");
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

package io.duckmesh.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.workflows.collect.CollectWorkflowImpl;
import io.duckmesh.workflows.compact.CompactActivities;
import io.duckmesh.workflows.compact.CompactDueWorkflowImpl;
import io.duckmesh.workflows.compact.CompactEnding;
import io.duckmesh.workflows.compact.CompactInput;
import io.duckmesh.workflows.compact.CompactProgress;
import io.duckmesh.workflows.compact.CompactResult;
import io.duckmesh.workflows.compact.CompactStatus;
import io.duckmesh.workflows.compact.CompactStep;
import io.duckmesh.workflows.compact.CompactWorkflow;
import io.duckmesh.workflows.compact.CompactWorkflowImpl;
import io.duckmesh.workflows.expire.ExpireWorkflowImpl;
import io.duckmesh.workflows.schedule.ScheduledRunWorkflowImpl;
import io.duckmesh.workflows.schedule.TimerWorkflowImpl;
import io.temporal.worker.WorkerOptions;
import io.temporal.workflow.Workflow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Histories of upkeep that released code has made must be understood by today's. */
class UpkeepReplayTest {
  /** A cold JVM on a busy machine takes longer than the second that is the default. */
  private static final RecordedHistories HISTORIES =
      new RecordedHistories(
          Path.of("src/test/resources/replay/upkeep"),
          TaskQueues.MAINTENANCE,
          WorkerOptions.newBuilder().setDefaultDeadlockDetectionTimeout(30_000).build(),
          Starts.implementationOptions());

  static List<String> histories() throws IOException {
    return HISTORIES.names();
  }

  @ParameterizedTest
  @MethodSource("histories")
  void recordedHistoryIsReplayed(String history) throws Exception {
    HISTORIES.replay(history, implementation(history));
  }

  private static Class<?> implementation(String history) {
    String name = history.substring(history.indexOf('-') + 1);
    if (name.startsWith("compact-due")) {
      return CompactDueWorkflowImpl.class;
    }
    return switch (name.substring(0, name.indexOf(name.startsWith("timer") ? '.' : '-'))) {
      case "compact" -> CompactWorkflowImpl.class;
      case "expire" -> ExpireWorkflowImpl.class;
      case "collect" -> CollectWorkflowImpl.class;
      case "scheduled" -> ScheduledRunWorkflowImpl.class;
      case "timer" -> TimerWorkflowImpl.class;
      default -> throw new AssertionError("No implementation for " + history);
    };
  }

  @Test
  void thereAreHistoriesOfEachWorkflowAndOfTrouble() throws IOException {
    assertThat(histories())
        .contains(
            "v1-compact-trouble.json",
            "v1-compact-dry-run.json",
            "v1-compact-continued.json",
            "v1-compact-cancelled.json",
            "v1-compact-due.json",
            "v1-expire-rows.json",
            "v1-expire-failed.json",
            "v1-expire-dry-run.json",
            "v1-collect-failed.json",
            "v1-collect-continued.json",
            "v1-scheduled-run.json",
            "v1-timer.json");
  }

  @Test
  void workflowThatRecordsBeforeItPlansIsFound() {
    assertThatThrownBy(() -> HISTORIES.replay("v1-compact-trouble.json", RecordsFirst.class))
        .hasStackTraceContaining("doesn't match event EVENT_TYPE_ACTIVITY_TASK_SCHEDULED");
  }

  /** What a careless change could look like. */
  public static final class RecordsFirst implements CompactWorkflow {
    @Override
    public CompactResult compact(CompactInput input) {
      CompactStep step =
          new CompactStep(
              "run", input.tenant(), input.tableId(), false, false, 0, CompactProgress.NONE);
      return Workflow.newActivityStub(
              CompactActivities.class, ActivityProfiles.recording("Records the run"))
          .record(new CompactEnding(step, Outcomes.SUCCEEDED, null));
    }

    @Override
    public CompactStatus status() {
      return new CompactStatus("", "", "", "", 0, CompactProgress.NONE);
    }
  }
}

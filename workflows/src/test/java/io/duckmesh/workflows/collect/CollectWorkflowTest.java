package io.duckmesh.workflows.collect;

import static io.duckmesh.workflows.JobServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.workflows.JobServer;
import io.duckmesh.workflows.RunStart;
import io.temporal.activity.Activity;
import io.temporal.client.WorkflowFailedException;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CollectWorkflowTest {
  private static final CollectInput SCHEDULED = CollectInput.scheduled();
  private static final String ID = "collect";

  private final ScriptedCollection steps = new ScriptedCollection();
  private final JobServer server = JobServer.skippingTime(steps);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void tenantsAreMarkedOneAfterTheOtherAndThenAllIsSwept() {
    CollectResult result = run(SCHEDULED);

    assertThat(steps.calls)
        .containsExactly(
            "plan",
            "mark a",
            "mark a after object 1",
            "mark b",
            "mark b after object 1",
            "sweep",
            "sweep",
            "record succeeded");
    assertThat(result.progress())
        .isEqualTo(new CollectProgress(null, "object 2", true, 2, 4, 40, 2, 20, 0, null));
    assertThat(server.details(ID))
        .contains("**Done.**")
        .contains("| Marked | 4 objects, 40 B |")
        .contains("| Deleted | 2 objects, 20 B |");
  }

  @Test
  void tenantThatCanNotBeMarkedDoesNotStopTheOthers() {
    steps.marking =
        tenant -> {
          if (tenant.equals("a")) {
            throw ApplicationFailure.newFailure("Catalog is slow", "UNAVAILABLE");
          }
        };

    CollectResult result = run(SCHEDULED);

    assertThat(steps.calls)
        .containsExactly(
            "plan",
            "mark a",
            "mark a",
            "mark a",
            "mark a",
            "mark a",
            "mark b",
            "mark b after object 1",
            "sweep",
            "sweep",
            "record failed");
    assertThat(result.reason()).isEqualTo("Step mark-garbage failed: UNAVAILABLE: Catalog is slow");
    assertThat(result.progress().tenants()).isEqualTo(1);
  }

  @Test
  void whatIsMarkedIsSweptAlthoughNothingCanBePlanned() {
    steps.planning =
        () -> {
          throw ApplicationFailure.newNonRetryableFailure("Odd", "INTERNAL");
        };

    CollectResult result = run(SCHEDULED);

    assertThat(steps.calls).containsExactly("plan", "sweep", "sweep", "record failed");
    assertThat(result.progress().deleted()).isEqualTo(2);
  }

  @Test
  void objectsThatCouldNotBeDeletedAreSaid() {
    steps.failed = 3;

    CollectResult result = run(SCHEDULED);

    assertThat(result.outcome()).isEqualTo("failed");
    assertThat(result.reason()).isEqualTo("Access denied");
    assertThat(result.progress().failures()).isEqualTo(6);
    assertThat(server.details(ID)).contains("Last failure: Access denied");
  }

  @Test
  void dryRunCounts() {
    CollectResult result = run(CollectInput.byHand(true));

    assertThat(result.progress().marked()).isEqualTo(4);
    assertThat(server.details("collect/dry-run"))
        .contains("This is what could be collected; nothing was changed.")
        .contains("| Would be deleted | 2 objects, 20 B |");
  }

  @Test
  void sweepThatFailsForAWhileIsTriedAgain() {
    AtomicInteger attempts = new AtomicInteger();
    steps.sweeping =
        () -> {
          if (attempts.incrementAndGet() < 4) {
            throw ApplicationFailure.newFailure("Store is down", "UNAVAILABLE");
          }
        };

    assertThat(run(SCHEDULED).outcome()).isEqualTo("succeeded");
  }

  @Test
  void sweepThatStaysBrokenEndsTheRunWithAReason() {
    steps.sweeping =
        () -> {
          throw ApplicationFailure.newFailure("Store is down", "UNAVAILABLE");
        };

    CollectResult result = run(SCHEDULED);

    assertThat(result.outcome()).isEqualTo("failed");
    assertThat(result.reason()).contains("UNAVAILABLE: Store is down");
    assertThat(result.progress().marked()).isEqualTo(4);
  }

  @Test
  void longRunGoesOnAsANewOneAndMarksNothingAgain() {
    steps.sweeps = 700;

    RunStart start = CollectStarts.start(server.client(), SCHEDULED);
    CollectResult result = server.stub(ID).getResult(CollectResult.class);

    assertThat(server.stub(ID).describe().getExecution().getRunId()).isNotEqualTo(start.runId());
    assertThat(result.runId()).isEqualTo(start.runId());
    assertThat(result.progress().deleted()).isEqualTo(700);
    assertThat(steps.calls).containsOnlyOnce("plan", "mark a", "mark b");
  }

  @Test
  void runThatIsContinuedWhileMarkingGoesOnWithTheSameTenant() {
    CollectProgress progress = new CollectProgress("b", "object 1", false, 1, 3, 30, 0, 0, 0, null);

    CollectResult result = run(new CollectInput(false, false, progress));

    assertThat(steps.calls)
        .containsExactly("plan", "mark b after object 1", "sweep", "sweep", "record succeeded");
    assertThat(result.progress().tenants()).isEqualTo(2);
  }

  @Test
  void cancelledRunIsRecorded() {
    steps.sweeping =
        () ->
            await(
                () -> {
                  Activity.getExecutionContext().heartbeat("deleting");
                  return false;
                },
                "cancelled");
    RunStart unused = CollectStarts.start(server.client(), SCHEDULED);
    await(() -> steps.calls.contains("sweep"), "sweeping");
    assertThat(server.stub(ID).query("status", CollectStatus.class).state()).isEqualTo("sweeping");

    server.stub(ID).cancel("a person");

    assertThatThrownBy(() -> server.stub(ID).getResult(CollectResult.class))
        .isInstanceOf(WorkflowFailedException.class)
        .hasRootCauseInstanceOf(CanceledFailure.class);
    assertThat(steps.calls).endsWith("sweep", "record failed");
  }

  @Test
  void tenantsAreMarkedInOrderOfTheirNamesWhateverTheOrderOfThePlan() {
    assertThat(MarkOrder.from(List.of("c", "a", "b", "a"), null)).containsExactly("a", "b", "c");
    assertThat(MarkOrder.from(List.of("c", "a", "b"), "b")).containsExactly("b", "c");
    assertThat(MarkOrder.from(List.of("c", "a"), "b")).containsExactly("c");
  }

  private CollectResult run(CollectInput input) {
    RunStart start = CollectStarts.start(server.client(), input);
    return server.stub(start.workflowId()).getResult(CollectResult.class);
  }
}

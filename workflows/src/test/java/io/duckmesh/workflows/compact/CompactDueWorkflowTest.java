package io.duckmesh.workflows.compact;

import static io.duckmesh.workflows.JobServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.workflows.JobServer;
import io.duckmesh.workflows.SearchAttributes;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.client.WorkflowFailedException;
import io.temporal.failure.ApplicationFailure;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CompactDueWorkflowTest {
  private static final CompactDueInput INPUT = new CompactDueInput("default", true);

  private final ScriptedMerging steps = new ScriptedMerging();
  private volatile List<DueTable> due = List.of();
  private volatile boolean catalogDown;
  private final CompactDueActivities look =
      input -> {
        if (catalogDown) {
          throw ApplicationFailure.newFailure("Catalog is down", "UNAVAILABLE");
        }
        return new DueTables(due);
      };
  private final JobServer server = JobServer.skippingTime(steps, new Look(look));

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void runIsStartedForEachTableThatIsDueAndNotWaitedFor() {
    due = List.of(new DueTable("t1", "flights", 40), new DueTable("t2", "airlines", 12));
    CountDownLatch mayPlan = new CountDownLatch(1);
    steps.planning = () -> await(() -> mayPlan.getCount() == 0, "latch");

    CompactDueResult result = look();

    assertThat(result).isEqualTo(new CompactDueResult(2, 2, 0));
    assertThat(server.status("compact/t2"))
        .isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
    mayPlan.countDown();
    assertThat(server.stub("compact/t1").getResult(CompactResult.class).outcome())
        .isEqualTo("succeeded");
    assertThat(
            server
                .stub("compact/t1")
                .describe()
                .getTypedSearchAttributes()
                .get(SearchAttributes.TABLE))
        .containsExactly("flights");
  }

  @Test
  void tableThatHasARunIsSkipped() {
    CountDownLatch mayPlan = new CountDownLatch(1);
    steps.planning = () -> await(() -> mayPlan.getCount() == 0, "latch");
    var unused =
        CompactStarts.start(
            server.client(), CompactInput.byHand("default", "t1", "flights", false, true));
    due = List.of(new DueTable("t1", "flights", 40), new DueTable("t2", "airlines", 12));

    assertThat(look()).isEqualTo(new CompactDueResult(2, 1, 1));

    assertThat(server.details("compact-due/default"))
        .isEqualTo(
            "2 tables of tenant default with small files: 1 run started, 1 running already.");
    mayPlan.countDown();
  }

  @Test
  void nothingIsStartedWhereNothingIsDue() {
    assertThat(look()).isEqualTo(new CompactDueResult(0, 0, 0));
    assertThat(steps.calls).isEmpty();
  }

  @Test
  void lookThatFailsEndsSoonSinceTheNextOneComes() {
    catalogDown = true;

    assertThatThrownBy(this::look)
        .isInstanceOf(WorkflowFailedException.class)
        .hasStackTraceContaining("Catalog is down");
  }

  private CompactDueResult look() {
    return server
        .client()
        .newWorkflowStub(CompactDueWorkflow.class, CompactStarts.options(INPUT))
        .compactDue(INPUT);
  }

  /** A named class, since Temporal asks it for its annotations. */
  private record Look(CompactDueActivities look) implements CompactDueActivities {
    @Override
    public DueTables findDue(CompactDueInput input) {
      return look.findDue(input);
    }
  }
}

package io.duckmesh.workflows.expire;

import static io.duckmesh.workflows.JobServer.await;
import static io.duckmesh.workflows.compact.ScriptedMerging.groups;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.workflows.JobServer;
import io.duckmesh.workflows.RunStart;
import io.duckmesh.workflows.SearchAttributes;
import io.duckmesh.workflows.compact.PublishResult;
import io.duckmesh.workflows.compact.ScriptedMerging;
import io.temporal.client.WorkflowFailedException;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExpireWorkflowTest {
  private static final ExpireInput SCHEDULED = ExpireInput.scheduled("default", true);
  private static final String ID = "expire/default";

  private final ScriptedExpiry steps = new ScriptedExpiry();
  private final ScriptedMerging merging = new ScriptedMerging();
  private final JobServer server = JobServer.skippingTime(steps, merging);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void snapshotsExpireThenRowsGoThenEntriesAreForgotten() {
    steps.trims.add(groups(1));
    steps.slices = 2;
    merging.publish = input -> new PublishResult(true, 101L, 10, 1_000, 1, 400, null);

    ExpireResult result = run(SCHEDULED);

    assertThat(steps.calls)
        .containsExactly(
            "expire default", "trims", "trims", "forget", "forget", "record succeeded");
    assertThat(merging.calls).containsExactly("rewrite 1", "publish 1");
    assertThat(result.outcome()).isEqualTo("succeeded");
    assertThat(result.progress())
        .isEqualTo(
            new ExpireProgress("forget", 5, 12, 1, 1, 0, 0, 10, 1, 600, 50_000, 20_000, 200, null));
    assertThat(server.details(ID))
        .contains("**Done with tenant default.**")
        .contains("| Snapshots that expired | 5 |")
        .contains("| Rows dropped | 600 |");
  }

  @Test
  void dryRunCountsAndChangesNothing() {
    steps.trims.add(groups(0, 0));

    ExpireResult result = run(ExpireInput.byHand("default", true, true));

    assertThat(steps.calls).containsExactly("expire default", "trims", "record succeeded");
    assertThat(merging.calls).isEmpty();
    assertThat(result.progress().snapshots()).isEqualTo(5);
    assertThat(result.progress().groups()).isEqualTo(2);
    assertThat(server.details("expire/default/dry-run"))
        .contains("This is what would expire of tenant default; nothing was changed.")
        .contains("| 10 | 1,000 | 48.8 KiB | planned |");
  }

  @Test
  void stepThatFailsForGoodDoesNotKeepTheRunFromTheNextOnes() {
    steps.snapshots =
        run -> {
          throw ApplicationFailure.newNonRetryableFailure("Odd policy", "INTERNAL");
        };
    steps.trims.add(groups(1));

    ExpireResult result = run(SCHEDULED);

    assertThat(steps.calls)
        .containsExactly("expire default", "trims", "trims", "forget", "record failed");
    assertThat(result.reason()).isEqualTo("Step expire-snapshots failed: INTERNAL: Odd policy");
    assertThat(result.progress().groups()).isEqualTo(1);
  }

  @Test
  void groupThatFailsForGoodIsSaidAndTheRestIsForgotten() {
    steps.trims.add(groups(1));
    merging.rewrite =
        input -> {
          throw ApplicationFailure.newNonRetryableFailure("Object is gone", "FILE_BROKEN");
        };

    ExpireResult result = run(SCHEDULED);

    assertThat(steps.calls).containsExactly("expire default", "trims", "forget", "record failed");
    assertThat(result.reason()).contains("FILE_BROKEN: Object is gone");
  }

  @Test
  void conflictIsFollowedByANewPlan() {
    steps.trims.add(groups(1));
    steps.trims.add(groups(2));
    merging.publish =
        input ->
            input.rewriteId() == 1
                ? PublishResult.conflict("An input lives no more")
                : ScriptedMerging.published(input);

    ExpireResult result = run(SCHEDULED);

    assertThat(result.outcome()).isEqualTo("succeeded");
    assertThat(result.progress().conflicts()).isEqualTo(1);
    assertThat(result.progress().groups()).isEqualTo(1);
  }

  @Test
  void stepThatFailsForAWhileIsTriedAgain() {
    AtomicInteger attempts = new AtomicInteger();
    steps.forgetting =
        () -> {
          if (attempts.incrementAndGet() < 4) {
            throw ApplicationFailure.newFailure("Catalog is down", "UNAVAILABLE");
          }
        };

    assertThat(run(SCHEDULED).outcome()).isEqualTo("succeeded");
    assertThat(attempts).hasValue(4);
  }

  @Test
  void longRunGoesOnAsANewOneWithoutBeginningAnew() {
    steps.slices = 700;

    RunStart start = ExpireStarts.start(server.client(), SCHEDULED);
    ExpireResult result = server.stub(ID).getResult(ExpireResult.class);

    assertThat(server.stub(ID).describe().getExecution().getRunId()).isNotEqualTo(start.runId());
    assertThat(result.runId()).isEqualTo(start.runId());
    assertThat(result.progress().forgotten()).isEqualTo(70_000);
    assertThat(steps.calls).containsOnlyOnce("expire default", "trims");
  }

  @Test
  void cancelledRunIsRecorded() {
    steps.trims.add(groups(1));
    merging.rewrite =
        input -> {
          await(
              () -> {
                io.temporal.activity.Activity.getExecutionContext().heartbeat("reading");
                return false;
              },
              "cancelled");
          return ScriptedMerging.rewritten(input);
        };
    RunStart unused = ExpireStarts.start(server.client(), SCHEDULED);
    await(() -> merging.calls.contains("rewrite 1"), "group being rewritten");

    server.stub(ID).cancel("a person");

    assertThatThrownBy(() -> server.stub(ID).getResult(ExpireResult.class))
        .isInstanceOf(WorkflowFailedException.class)
        .hasRootCauseInstanceOf(CanceledFailure.class);
    assertThat(merging.calls).containsExactly("rewrite 1");
    assertThat(steps.calls).endsWith("record failed");
  }

  @Test
  void secondRunOfATenantIsToldWhichOneIsActive() {
    steps.snapshots = run -> await(() -> steps.calls.contains("go on"), "told to go on");
    RunStart first = ExpireStarts.start(server.client(), SCHEDULED);

    RunStart second =
        ExpireStarts.start(server.client(), ExpireInput.byHand("default", false, true));

    assertThat(second).isEqualTo(new RunStart(ID, first.runId(), false));
    assertThat(server.stub(ID).query("status", ExpireStatus.class).state()).isEqualTo("snapshots");
    assertThat(server.stub(ID).describe().getTypedSearchAttributes().get(SearchAttributes.TENANT))
        .isEqualTo("default");
    steps.calls.add("go on");
  }

  private ExpireResult run(ExpireInput input) {
    RunStart start = ExpireStarts.start(server.client(), input);
    return server.stub(start.workflowId()).getResult(ExpireResult.class);
  }
}

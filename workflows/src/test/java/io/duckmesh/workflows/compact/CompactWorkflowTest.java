package io.duckmesh.workflows.compact;

import static io.duckmesh.workflows.JobServer.await;
import static io.duckmesh.workflows.compact.ScriptedMerging.groups;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.workflows.JobServer;
import io.duckmesh.workflows.RunStart;
import io.duckmesh.workflows.SearchAttributes;
import io.temporal.activity.Activity;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CompactWorkflowTest {
  private static final CompactInput SCHEDULED =
      CompactInput.scheduled("default", "t1", "flights", true);
  private static final String ID = "compact/t1";

  private final ScriptedMerging steps = new ScriptedMerging();
  private final JobServer server = JobServer.skippingTime(steps);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void groupsAreRewrittenAndPublishedAndPlannedAnewUntilNothingIsLeft() {
    steps.plans.add(groups(1, 2));
    steps.plans.add(groups(3));

    CompactResult result = run(SCHEDULED);

    assertThat(result.outcome()).isEqualTo("succeeded");
    assertThat(result.reason()).isEqualTo("Nothing is left to merge.");
    assertThat(result.progress())
        .isEqualTo(new CompactProgress(2, 3, 0, 0, 30, 3, 3_000, 150_000, 60_000, null));
    assertThat(steps.calls.getFirst()).isEqualTo("plan");
    assertThat(steps.calls.subList(5, 10))
        .containsExactly("plan", "rewrite 3", "publish 3", "plan", "record succeeded");
    assertThat(steps.sorted())
        .containsExactly(
            "plan",
            "plan",
            "plan",
            "publish 1",
            "publish 2",
            "publish 3",
            "record succeeded",
            "rewrite 1",
            "rewrite 2",
            "rewrite 3");
  }

  @Test
  void everyPlanIsToldWhatTheRunHasDone() {
    steps.plans.add(groups(1));

    CompactResult result = run(SCHEDULED);

    assertThat(steps.plansAsked)
        .extracting(CompactStep::progress)
        .containsExactly(CompactProgress.NONE, result.progress());
    assertThat(steps.plansAsked).extracting(CompactStep::runId).containsOnly(result.runId());
  }

  @Test
  void scheduledRunWaitsForMoreAndOneByHandDoesNot() {
    var unused = run(SCHEDULED);
    var unusedToo = run(CompactInput.byHand("default", "t2", "airlines", false, true));

    assertThat(steps.plansAsked)
        .extracting(CompactStep::byHand, CompactStep::waitMillis)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(false, 20_000L),
            org.assertj.core.groups.Tuple.tuple(true, 0L));
  }

  @Test
  void groupsOfAPlanAreRewrittenBesideEachOther() {
    steps.plans.add(groups(1, 2, 3, 4));
    CountDownLatch all = new CountDownLatch(4);
    steps.rewrite =
        input -> {
          all.countDown();
          awaitLatch(all);
          return ScriptedMerging.rewritten(input);
        };

    assertThat(run(SCHEDULED).progress().groups()).isEqualTo(4);
  }

  @Test
  void groupIsPublishedAlthoughAnotherOneIsStillBeingRewritten() {
    steps.plans.add(groups(1, 2));
    steps.rewrite =
        input -> {
          if (input.rewriteId() == 1) {
            await(() -> steps.calls.contains("publish 2"), "second group published");
          }
          return ScriptedMerging.rewritten(input);
        };

    assertThat(run(SCHEDULED).progress().groups()).isEqualTo(2);
    assertThat(steps.calls).containsSubsequence("publish 2", "publish 1");
  }

  @Test
  void conflictIsFollowedByANewPlan() {
    steps.plans.add(groups(1, 2));
    steps.plans.add(groups(3));
    steps.publish =
        input ->
            input.rewriteId() == 1
                ? PublishResult.conflict("An input lives no more")
                : ScriptedMerging.published(input);

    CompactResult result = run(SCHEDULED);

    assertThat(result.outcome()).isEqualTo("succeeded");
    assertThat(result.progress().conflicts()).isEqualTo(1);
    assertThat(result.progress().groups()).isEqualTo(2);
  }

  @Test
  void groupThatWasLostIsNotPublished() {
    steps.plans.add(groups(1));
    steps.rewrite = input -> new RewriteResult(1, true, 0, 0, 0, 1, "The rewrite is over");

    CompactResult result = run(SCHEDULED);

    assertThat(steps.calls).containsExactly("plan", "rewrite 1", "plan", "record succeeded");
    assertThat(result.progress().conflicts()).isEqualTo(1);
  }

  @Test
  void runEndsWhenOthersAreFasterAgainAndAgain() {
    for (int i = 1; i <= 20; i++) {
      steps.plans.add(groups(i));
    }
    steps.publish = input -> PublishResult.conflict("An input lives no more");

    CompactResult result = run(SCHEDULED);

    assertThat(result.outcome()).isEqualTo("failed");
    assertThat(result.reason()).startsWith("Others were faster");
    assertThat(result.progress().conflicts()).isEqualTo(Round.MOST_VAIN_ROUNDS);
  }

  @Test
  void stepThatFailsForAWhileIsTriedAgain() {
    steps.plans.add(groups(1));
    Map<String, Integer> attempts = new ConcurrentHashMap<>();
    steps.rewrite =
        input -> {
          failTwice(attempts, "rewrite");
          return ScriptedMerging.rewritten(input);
        };
    steps.publish =
        input -> {
          failTwice(attempts, "publish");
          return ScriptedMerging.published(input);
        };

    CompactResult result = run(SCHEDULED);

    assertThat(result.outcome()).isEqualTo("succeeded");
    assertThat(attempts).containsOnly(Map.entry("rewrite", 3), Map.entry("publish", 3));
  }

  @Test
  void groupThatFailsForGoodDoesNotStopTheOthersAndIsSaid() {
    steps.plans.add(groups(1, 2));
    steps.plans.add(groups(3));
    steps.rewrite =
        input -> {
          if (input.rewriteId() != 2) {
            throw ApplicationFailure.newNonRetryableFailure("Object is gone", "FILE_BROKEN");
          }
          return ScriptedMerging.rewritten(input);
        };

    CompactResult result = run(SCHEDULED);

    assertThat(result.outcome()).isEqualTo("failed");
    assertThat(result.reason()).isEqualTo("Step rewrite-group failed: FILE_BROKEN: Object is gone");
    assertThat(result.progress().groups()).isEqualTo(1);
    assertThat(result.progress().failures()).isEqualTo(2);
    assertThat(server.details(ID))
        .contains("**Failed: not everything of table flights of tenant default was merged.**")
        .contains("FILE_BROKEN: Object is gone");
  }

  @Test
  void storeThatStaysDownEndsTheRunWithAReason() {
    steps.plans.add(groups(1));
    steps.rewrite =
        input -> {
          throw ApplicationFailure.newFailure("Store is down", "UNAVAILABLE");
        };

    CompactResult result = run(SCHEDULED);

    assertThat(result.outcome()).isEqualTo("failed");
    assertThat(result.reason()).contains("UNAVAILABLE: Store is down");
    assertThat(steps.calls).hasSize(12).endsWith("record failed");
  }

  @Test
  void planThatFailsForGoodEndsTheRunWithAReason() {
    steps.planning =
        () -> {
          throw ApplicationFailure.newNonRetryableFailure("No such table", "NOT_FOUND");
        };

    CompactResult result = run(SCHEDULED);

    assertThat(result.outcome()).isEqualTo("failed");
    assertThat(result.reason()).isEqualTo("Step plan-compact failed: NOT_FOUND: No such table");
    assertThat(steps.calls).containsExactly("plan", "record failed");
  }

  @Test
  void dryRunShowsThePlanAndCarriesNothingOut() {
    steps.plans.add(groups(0, 0));

    CompactInput input = CompactInput.byHand("default", "t1", "flights", true, true);
    CompactResult result = run(input);

    assertThat(steps.calls).containsExactly("plan", "record succeeded");
    assertThat(steps.plansAsked.getFirst().dryRun()).isTrue();
    assertThat(result.plan()).isEqualTo(new CompactPlan(groups(0, 0), 40, null));
    assertThat(result.progress().groups()).isEqualTo(2);
    assertThat(result.progress().filesIn()).isEqualTo(20);
    assertThat(server.details("compact/t1/dry-run"))
        .contains("**2 groups would be merged of table flights of tenant default**")
        .contains("| 10 | 1,000 | 48.8 KiB | planned |");
  }

  @Test
  void dryRunOfATableInShapeSaysSo() {
    CompactResult result = run(CompactInput.byHand("default", "t1", "flights", true, true));

    assertThat(result.reason()).isEqualTo("Nothing is left to merge.");
    assertThat(server.details("compact/t1/dry-run")).contains("Nothing would be merged");
  }

  @Test
  void longRunGoesOnAsANewOneUnderTheSameRunId() {
    for (int i = 0; i < 40; i++) {
      steps.plans.add(groups(LongStream.range(100L * i + 1, 100L * i + 17).toArray()));
    }

    RunStart start = CompactStarts.start(server.client(), SCHEDULED);
    CompactResult result = server.stub(ID).getResult(CompactResult.class);

    assertThat(server.stub(ID).describe().getExecution().getRunId()).isNotEqualTo(start.runId());
    assertThat(result.runId()).isEqualTo(start.runId());
    assertThat(result.progress().groups()).isEqualTo(640);
    assertThat(result.progress().rounds()).isEqualTo(40);
  }

  @Test
  void runOfABusyTableEndsByItselfBeforeItIsTimedOut() {
    long begun = System.currentTimeMillis() - 6 * 3_600_000L;
    CompactResult result =
        run(
            new CompactInput(
                "default", "t1", "flights", false, false, true, begun, CompactProgress.NONE));

    assertThat(steps.calls).containsExactly("record succeeded");
    assertThat(result.reason()).isEqualTo("The table is busy: the next run goes on.");
  }

  @Test
  void cancelledRunIsRecordedAndPublishesNothingMore() {
    steps.plans.add(groups(1, 2));
    steps.rewrite =
        input -> {
          if (input.rewriteId() == 1) {
            beatUntilCancelled();
          }
          return ScriptedMerging.rewritten(input);
        };
    RunStart unused = CompactStarts.start(server.client(), SCHEDULED);
    await(() -> steps.calls.contains("publish 2"), "second group published");
    await(() -> steps.calls.contains("rewrite 1"), "first group being rewritten");
    WorkflowStub run = server.stub(ID);

    run.cancel("a person");

    assertThatThrownBy(() -> run.getResult(CompactResult.class))
        .isInstanceOf(WorkflowFailedException.class)
        .hasRootCauseInstanceOf(CanceledFailure.class);
    assertThat(server.status(ID))
        .isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED);
    assertThat(steps.calls).doesNotContain("publish 1").endsWith("record failed");
    assertThat(server.details(ID)).contains("Cancelled");
  }

  @Test
  void secondRunOfATableIsToldWhichOneIsActive() {
    CountDownLatch mayPlan = new CountDownLatch(1);
    steps.planning = () -> awaitLatch(mayPlan);
    RunStart first = CompactStarts.start(server.client(), SCHEDULED);

    RunStart second =
        CompactStarts.start(
            server.client(), CompactInput.byHand("default", "t1", "flights", false, true));
    RunStart dryRun =
        CompactStarts.start(
            server.client(), CompactInput.byHand("default", "t1", "flights", true, true));

    assertThat(first.started()).isTrue();
    assertThat(second).isEqualTo(new RunStart(ID, first.runId(), false));
    assertThat(dryRun.started()).isTrue();
    mayPlan.countDown();
  }

  @Test
  void statusAndDetailsTellHowEachGroupStands() {
    steps.plans.add(groups(1, 2));
    CountDownLatch mayEnd = new CountDownLatch(1);
    steps.rewrite =
        input -> {
          if (input.rewriteId() == 2) {
            awaitLatch(mayEnd);
          }
          return ScriptedMerging.rewritten(input);
        };
    RunStart unused = CompactStarts.start(server.client(), SCHEDULED);
    await(() -> status().progress().groups() == 1, "first group published");

    assertThat(status().state()).isEqualTo("rewriting");
    assertThat(status().groups()).isEqualTo(1);
    assertThat(server.details(ID))
        .contains("Merges files of table **flights** (tenant default), which has 40 files.")
        .contains("| 10 | 1,000 | 48.8 KiB | published in snapshot 101 |")
        .contains("| 10 | 1,000 | 48.8 KiB | waits for its turn, or is being written |");
    mayEnd.countDown();
    assertThat(server.stub(ID).getResult(CompactResult.class).outcome()).isEqualTo("succeeded");
    assertThat(status().state()).isEqualTo("ended");
  }

  @Test
  void runIsFoundByTenantAndTable() {
    var unused = run(SCHEDULED);

    var attributes = server.stub(ID).describe().getTypedSearchAttributes();

    assertThat(attributes.get(SearchAttributes.TENANT)).isEqualTo("default");
    assertThat(attributes.get(SearchAttributes.TABLE)).isEqualTo(List.of("flights"));
  }

  private CompactResult run(CompactInput input) {
    RunStart start = CompactStarts.start(server.client(), input);
    return server.stub(start.workflowId()).getResult(CompactResult.class);
  }

  private CompactStatus status() {
    return server.stub(ID).query("status", CompactStatus.class);
  }

  private static void failTwice(Map<String, Integer> attempts, String step) {
    if (attempts.merge(step, 1, Integer::sum) < 3) {
      throw ApplicationFailure.newFailure("Store is down", "UNAVAILABLE");
    }
  }

  private static void beatUntilCancelled() {
    await(
        () -> {
          Activity.getExecutionContext().heartbeat("reading");
          return false;
        },
        "cancelled");
  }

  private static void awaitLatch(CountDownLatch latch) {
    await(() -> latch.getCount() == 0, "latch");
  }
}

package io.duckmesh.workflows;

import static io.duckmesh.workflows.JobServer.await;
import static io.duckmesh.workflows.compact.ScriptedMerging.groups;

import io.duckmesh.testing.TemporalServer;
import io.duckmesh.workflows.collect.CollectInput;
import io.duckmesh.workflows.collect.CollectStarts;
import io.duckmesh.workflows.collect.ScriptedCollection;
import io.duckmesh.workflows.compact.CompactDueActivities;
import io.duckmesh.workflows.compact.CompactDueInput;
import io.duckmesh.workflows.compact.CompactDueWorkflow;
import io.duckmesh.workflows.compact.CompactInput;
import io.duckmesh.workflows.compact.CompactStarts;
import io.duckmesh.workflows.compact.DueTable;
import io.duckmesh.workflows.compact.DueTables;
import io.duckmesh.workflows.compact.PublishResult;
import io.duckmesh.workflows.compact.ScriptedMerging;
import io.duckmesh.workflows.expire.ExpireInput;
import io.duckmesh.workflows.expire.ExpireStarts;
import io.duckmesh.workflows.expire.ScriptedExpiry;
import io.duckmesh.workflows.schedule.JobSchedule;
import io.duckmesh.workflows.schedule.ScheduledJob;
import io.duckmesh.workflows.schedule.ScheduledRun;
import io.duckmesh.workflows.schedule.TimerInput;
import io.temporal.activity.Activity;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.WorkerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Records the histories that {@link UpkeepReplayTest} replays, on a real server. Run it on released
 * code, never on a branch: {@code ./mvnw -pl workflows test -Dtest=RecordUpkeepHistoriesIT
 * -Dduckmesh.record=v1} writes {@code src/test/resources/replay/upkeep/v1-*.json}.
 */
@EnabledIfSystemProperty(named = "duckmesh.record", matches = "[a-z0-9.-]+")
class RecordUpkeepHistoriesIT {
  private final ScriptedMerging merging = new ScriptedMerging();
  private final ScriptedExpiry expiry = new ScriptedExpiry();
  private final ScriptedCollection collection = new ScriptedCollection();
  private final CompactDueActivities due = new TwoTables();

  @Test
  void recordHistories() throws IOException {
    WorkflowServiceStubs service =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder()
                .setTarget(TemporalServer.shared().address())
                .build());
    WorkflowClient client = WorkflowClient.newInstance(service, JobServer.clientOptions());
    WorkerFactory factory = WorkerFactory.newInstance(client);
    JobServer.register(factory, merging, expiry, collection, due);
    factory.start();
    try {
      recordMerging(client);
      recordDue(client);
      recordExpiry(client);
      recordCollection(client);
      recordSchedules(client);
    } finally {
      factory.shutdownNow();
      service.shutdownNow();
    }
  }

  private void recordMerging(WorkflowClient client) throws IOException {
    AtomicInteger attempts = new AtomicInteger();
    merging.plans.add(groups(1, 2, 3, 4));
    merging.plans.add(groups(5));
    merging.rewrite =
        input -> {
          if (input.rewriteId() == 3) {
            throw ApplicationFailure.newNonRetryableFailure("Object is gone", "FILE_BROKEN");
          }
          if (input.rewriteId() == 4 && attempts.incrementAndGet() == 1) {
            throw ApplicationFailure.newFailure("Store is down", "UNAVAILABLE");
          }
          return ScriptedMerging.rewritten(input);
        };
    merging.publish =
        input ->
            input.rewriteId() == 2 || input.rewriteId() == 5
                ? PublishResult.conflict("An input lives no more")
                : ScriptedMerging.published(input);
    compact(client, "trouble", false);
    merging.rewrite = ScriptedMerging::rewritten;
    merging.publish = ScriptedMerging::published;
    merging.plans.add(groups(0, 0));
    compact(client, "dry-run", true);
    for (int i = 0; i < 37; i++) {
      merging.plans.add(groups(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16));
    }
    compact(client, "continued", false);
    merging.plans.add(groups(1, 2));
    merging.rewrite =
        input -> {
          await(
              () -> {
                Activity.getExecutionContext().heartbeat("reading");
                return false;
              },
              "cancelled");
          return ScriptedMerging.rewritten(input);
        };
    CompactInput input = CompactInput.byHand("default", "cancelled", "flights", false, false);
    WorkflowStub run =
        client.newUntypedWorkflowStub(CompactStarts.start(client, input).workflowId());
    await(() -> merging.calls.stream().filter("rewrite 2"::equals).count() >= 2, "rewriting");
    run.cancel("a person");
    saveEnded(client, run, "compact-cancelled");
    merging.rewrite = ScriptedMerging::rewritten;
  }

  private static void compact(WorkflowClient client, String name, boolean dryRun)
      throws IOException {
    CompactInput input = CompactInput.byHand("default", name, "flights", dryRun, false);
    saveEnded(
        client,
        client.newUntypedWorkflowStub(CompactStarts.start(client, input).workflowId()),
        "compact-" + name);
  }

  private static void recordDue(WorkflowClient client) throws IOException {
    CompactDueInput input = new CompactDueInput("default", false);
    CompactDueWorkflow workflow =
        client.newWorkflowStub(CompactDueWorkflow.class, CompactStarts.options(input));
    var unused = workflow.compactDue(input);
    saveEnded(client, WorkflowStub.fromTyped(workflow), "compact-due");
  }

  private void recordExpiry(WorkflowClient client) throws IOException {
    expiry.trims.add(groups(1, 2));
    expiry.slices = 3;
    saveEnded(
        client,
        client.newUntypedWorkflowStub(
            ExpireStarts.start(client, ExpireInput.byHand("rows", false, false)).workflowId()),
        "expire-rows");
    expiry.snapshots =
        run -> {
          throw ApplicationFailure.newNonRetryableFailure("Odd policy", "INTERNAL");
        };
    saveEnded(
        client,
        client.newUntypedWorkflowStub(
            ExpireStarts.start(client, ExpireInput.byHand("failed", false, false)).workflowId()),
        "expire-failed");
    expiry.snapshots = run -> {};
    expiry.trims.add(groups(0));
    saveEnded(
        client,
        client.newUntypedWorkflowStub(
            ExpireStarts.start(client, ExpireInput.byHand("dry", true, false)).workflowId()),
        "expire-dry-run");
  }

  private void recordCollection(WorkflowClient client) throws IOException {
    collection.marking =
        tenant -> {
          if (tenant.equals("a")) {
            throw ApplicationFailure.newNonRetryableFailure("Odd", "INTERNAL");
          }
        };
    collect(client, "collect-failed");
    collection.marking = tenant -> {};
    collection.sweeps = 700;
    collect(client, "collect-continued");
  }

  private static void collect(WorkflowClient client, String name) throws IOException {
    saveEnded(
        client,
        client.newUntypedWorkflowStub(
            CollectStarts.start(client, CollectInput.scheduled()).workflowId()),
        name);
  }

  private static void recordSchedules(WorkflowClient client) throws IOException {
    ScheduledRun run =
        ScheduledRun.of(
            new JobSchedule(
                "expire/scheduled",
                ScheduledJob.EXPIRE,
                "scheduled",
                Duration.ofSeconds(1),
                Duration.ofMinutes(1)),
            false);
    WorkflowStub scheduled =
        client.newUntypedWorkflowStub("scheduled-run", options("scheduled/expire/scheduled"));
    var unused = scheduled.start(run);
    saveEnded(client, scheduled, "scheduled-run");
    WorkflowStub timer = client.newUntypedWorkflowStub("timer", options("timer/expire/scheduled"));
    unused = timer.start(new TimerInput(run, null, null));
    await(
        () -> JobServer.details(client, "timer/expire/scheduled").contains("Started 2 times"),
        "two runs");
    timer.signal("pause", "For now");
    timer.signal("change", run);
    timer.signal("resume");
    await(
        () -> JobServer.details(client, "timer/expire/scheduled").contains("Started 3 times"),
        "three runs");
    save(client, timer, "timer");
    timer.terminate("recorded");
  }

  private static WorkflowOptions options(String id) {
    return WorkflowOptions.newBuilder()
        .setWorkflowId(id)
        .setTaskQueue(TaskQueues.MAINTENANCE)
        .build();
  }

  /** Saves the history of the last run when it has ended. */
  private static void saveEnded(WorkflowClient client, WorkflowStub run, String name)
      throws IOException {
    try {
      var unused = run.getResult(Object.class);
    } catch (WorkflowFailedException e) {
      // How it ended is in the history.
    }
    save(client, run, name);
  }

  private static void save(WorkflowClient client, WorkflowStub run, String name)
      throws IOException {
    Path folder = Files.createDirectories(Path.of("src/test/resources/replay/upkeep"));
    Files.writeString(
        folder.resolve(System.getProperty("duckmesh.record") + "-" + name + ".json"),
        client.fetchHistory(run.getExecution().getWorkflowId()).toJson(true));
  }

  /** A named class, since Temporal asks it for its annotations. */
  private static final class TwoTables implements CompactDueActivities {
    @Override
    public DueTables findDue(CompactDueInput input) {
      return new DueTables(
          List.of(new DueTable("due-1", "flights", 40), new DueTable("due-2", "airlines", 12)));
    }
  }
}

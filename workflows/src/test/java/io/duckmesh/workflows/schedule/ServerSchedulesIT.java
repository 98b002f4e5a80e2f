package io.duckmesh.workflows.schedule;

import static io.duckmesh.workflows.JobServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.testing.TemporalServer;
import io.duckmesh.workflows.JobServer;
import io.duckmesh.workflows.expire.ScriptedExpiry;
import io.duckmesh.workflows.schedule.temporal.TemporalSchedules;
import io.temporal.client.WorkflowClient;
import io.temporal.client.schedules.Schedule;
import io.temporal.client.schedules.ScheduleActionStartWorkflow;
import io.temporal.client.schedules.ScheduleClient;
import io.temporal.client.schedules.ScheduleDescription;
import io.temporal.client.schedules.ScheduleOptions;
import io.temporal.client.schedules.ScheduleSpec;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.WorkerFactory;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On a real server. */
class ServerSchedulesIT extends SchedulesContract {
  private static final ScriptedExpiry STEPS = new ScriptedExpiry();
  private static WorkflowServiceStubs stubs;
  private static WorkflowClient client;
  private static WorkerFactory workers;

  @BeforeAll
  static void startWorkers() {
    stubs = stubs(TemporalServer.shared().address());
    client = WorkflowClient.newInstance(stubs, JobServer.clientOptions());
    workers = WorkerFactory.newInstance(client);
    JobServer.register(workers, STEPS);
    workers.start();
  }

  @AfterAll
  static void stopWorkers() {
    workers.shutdownNow();
    stubs.shutdownNow();
  }

  private static WorkflowServiceStubs stubs(String address) {
    return WorkflowServiceStubs.newServiceStubs(
        WorkflowServiceStubsOptions.newBuilder()
            .setTarget(address)
            .setRpcRetryOptions(
                io.temporal.serviceclient.RpcRetryOptions.newBuilder()
                    .setExpiration(Duration.ofSeconds(2))
                    .validateBuildWithDefaults())
            .build());
  }

  @Override
  ScriptedExpiry steps() {
    return STEPS;
  }

  @Override
  WorkflowClient client() {
    return client;
  }

  @Override
  Schedules createSchedules() {
    return TemporalSchedules.create(client, true);
  }

  @Test
  void scheduleTellsInWordsWhatItDoesAndSkipsWhatWasDueLongAgo() {
    createSchedules()
        .put(
            new JobSchedule(
                "verify/words",
                ScheduledJob.VERIFY,
                "words",
                Duration.ofDays(1),
                Duration.ofHours(23)));

    ScheduleDescription there =
        ScheduleClient.newInstance(stubs).getHandle("verify/words").describe();

    assertThat(there.getSchedule().getState().getNote())
        .isEqualTo("Compares what tenant words has with its catalog.");
    assertThat(there.getSchedule().getPolicy().getCatchupWindow()).isEqualTo(Duration.ofMinutes(1));
    createSchedules().remove("verify/words");
  }

  @Test
  void noteOfAPauseStaysWhenTheScheduleIsChanged() {
    Schedules schedules = createSchedules();
    JobSchedule daily =
        new JobSchedule(
            "verify/note", ScheduledJob.VERIFY, "note", Duration.ofDays(1), Duration.ofHours(23));
    schedules.put(daily);
    schedules.pause("verify/note", "The disk is full");

    schedules.put(
        new JobSchedule(
            "verify/note", ScheduledJob.VERIFY, "note", Duration.ofDays(2), Duration.ofHours(23)));

    assertThat(
            ScheduleClient.newInstance(stubs)
                .getHandle("verify/note")
                .describe()
                .getSchedule()
                .getState()
                .getNote())
        .isEqualTo("The disk is full");
    schedules.remove("verify/note");
  }

  @Test
  void schedulesOfOthersAreNotListed() {
    ScheduleClient others = ScheduleClient.newInstance(stubs);
    others.createSchedule(
        "others",
        Schedule.newBuilder()
            .setAction(
                ScheduleActionStartWorkflow.newBuilder()
                    .setWorkflowType("others")
                    .setOptions(
                        io.temporal.client.WorkflowOptions.newBuilder()
                            .setWorkflowId("others")
                            .setTaskQueue("others")
                            .build())
                    .build())
            .setSpec(ScheduleSpec.newBuilder().build())
            .build(),
        ScheduleOptions.newBuilder().build());
    await(() -> others.listSchedules().anyMatch(s -> s.getScheduleId().equals("others")), "listed");

    assertThat(createSchedules().list()).noneMatch(state -> state.id().equals("others"));
    others.getHandle("others").delete();
  }

  @Test
  void serverThatDoesNotAnswerIsSaid() {
    try (TemporalServer gone = TemporalServer.start()) {
      WorkflowServiceStubs own = stubs(gone.address());
      Schedules schedules =
          TemporalSchedules.create(
              WorkflowClient.newInstance(own, JobServer.clientOptions()), false);
      gone.stop();

      assertThatThrownBy(schedules::list)
          .isInstanceOf(SchedulesUnavailableException.class)
          .hasMessageContaining("can not list schedules");
      gone.restart();
      await(() -> answers(schedules), "answers again");
      own.shutdownNow();
    }
  }

  private static boolean answers(Schedules schedules) {
    try {
      return schedules.list().isEmpty();
    } catch (SchedulesUnavailableException e) {
      return false;
    }
  }
}

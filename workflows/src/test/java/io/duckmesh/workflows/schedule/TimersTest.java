package io.duckmesh.workflows.schedule;

import static io.duckmesh.workflows.JobServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.workflows.JobServer;
import io.duckmesh.workflows.expire.ScriptedExpiry;
import io.duckmesh.workflows.schedule.temporal.TemporalSchedules;
import io.temporal.client.WorkflowClient;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On a server without schedules. */
class TimersTest extends SchedulesContract {
  private static final ScriptedExpiry STEPS = new ScriptedExpiry();
  private static JobServer server;

  @BeforeAll
  static void startServer() {
    server = JobServer.inRealTime(STEPS);
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Override
  ScriptedExpiry steps() {
    return STEPS;
  }

  @Override
  WorkflowClient client() {
    return server.client();
  }

  @Override
  Schedules createSchedules() {
    return TemporalSchedules.create(server.client(), false);
  }

  @Test
  void timerTellsInWordsWhatItDoes() {
    Schedules schedules = createSchedules();
    schedules.put(
        new JobSchedule(
            "verify/words",
            ScheduledJob.VERIFY,
            "words",
            Duration.ofDays(1),
            Duration.ofHours(23)));
    await(() -> !schedules.list().isEmpty(), "listed");
    schedules.pause("verify/words", "The disk is full");

    await(
        () -> server.details("timer/verify/words").contains("**Paused:** The disk is full"),
        "paused in words");
    assertThat(server.details("timer/verify/words"))
        .contains("Starts `verify/words` every PT24H, unless a run is active.");
    schedules.remove("verify/words");
  }
}

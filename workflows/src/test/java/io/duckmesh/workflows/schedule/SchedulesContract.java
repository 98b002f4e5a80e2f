package io.duckmesh.workflows.schedule;

import static io.duckmesh.workflows.JobServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.workflows.RunStart;
import io.duckmesh.workflows.expire.ExpireInput;
import io.duckmesh.workflows.expire.ExpireResult;
import io.duckmesh.workflows.expire.ExpireRun;
import io.duckmesh.workflows.expire.ExpireStarts;
import io.duckmesh.workflows.expire.ScriptedExpiry;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowStub;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What schedules do, whoever keeps them. */
abstract class SchedulesContract {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final String tenant = "tenant-" + UUID.randomUUID();
  private final String id = "expire/" + tenant;
  private final Set<String> held = ConcurrentHashMap.newKeySet();

  private Schedules schedules;

  /** Steps of the workers; all tests of the class share them. */
  abstract ScriptedExpiry steps();

  abstract WorkflowClient client();

  abstract Schedules createSchedules();

  @BeforeEach
  void connect() {
    schedules = createSchedules();
    steps().snapshots = this::waitWhileHeld;
  }

  @AfterEach
  void removeAll() {
    held.clear();
    schedules.list().forEach(schedule -> schedules.remove(schedule.id()));
  }

  @Test
  void scheduleIsListedWithWhatItWasPutWith() {
    schedules.put(expire(Duration.ofHours(1), Duration.ofMinutes(55)));
    schedules.put(
        new JobSchedule(
            "collect/" + tenant,
            ScheduledJob.COLLECT,
            "",
            Duration.ofMinutes(10),
            Duration.ofHours(1)));

    await(() -> mine().size() == 2, "both listed");
    assertThat(mine())
        .containsExactly(
            new ScheduleState(
                "collect/" + tenant, Duration.ofMinutes(10), Duration.ofHours(1), false),
            new ScheduleState(id, Duration.ofHours(1), Duration.ofMinutes(55), false));
  }

  @Test
  void jobRunsAgainAndAgain() {
    schedules.put(expire(SECOND, MINUTE));

    await(() -> runs() >= 3, "three runs");
    WorkflowStub last = client().newUntypedWorkflowStub(id);
    assertThat(last.getResult(ExpireResult.class).outcome()).isEqualTo("succeeded");
  }

  @Test
  void puttingAgainChangesWhatIsThere() {
    schedules.put(expire(Duration.ofHours(1), MINUTE));

    schedules.put(expire(SECOND, Duration.ofMinutes(2)));

    await(
        () ->
            find().equals(Optional.of(new ScheduleState(id, SECOND, Duration.ofMinutes(2), false))),
        "changed");
    await(() -> runs() >= 1, "runs at the new interval");
  }

  @Test
  void pausedScheduleStartsNothingAndStaysPausedWhenItIsChanged() {
    schedules.put(expire(Duration.ofHours(1), MINUTE));
    schedules.pause(id, "Somebody looks into it");

    schedules.put(expire(SECOND, MINUTE));

    await(
        () -> find().equals(Optional.of(new ScheduleState(id, SECOND, MINUTE, true))),
        "paused with the new interval");
    passes(Duration.ofSeconds(3));
    assertThat(runs()).isZero();
    schedules.resume(id);
    await(() -> runs() >= 1, "runs after it was resumed");
    assertThat(find()).contains(new ScheduleState(id, SECOND, MINUTE, false));
  }

  @Test
  void runThatIsDueWhileOneIsRunningIsSkipped() {
    held.add(tenant);
    schedules.put(expire(SECOND, MINUTE));
    await(() -> runs() == 1, "first run");

    passes(Duration.ofSeconds(4));

    assertThat(runs()).isEqualTo(1);
    held.clear();
    await(() -> runs() >= 2, "next run after the end of the first");
  }

  @Test
  void runByHandIsNotDoubledAndTellsOfTheScheduledOne() {
    held.add(tenant);
    RunStart byHand = ExpireStarts.start(client(), ExpireInput.byHand(tenant, false, false));
    await(() -> runs() == 1, "run by hand");
    schedules.put(expire(SECOND, MINUTE));

    passes(Duration.ofSeconds(3));

    assertThat(runs()).isEqualTo(1);
    assertThat(byHand.started()).isTrue();
    held.clear();
    await(() -> runs() >= 2, "scheduled run");
    held.add(tenant);
    int before = runs();
    await(() -> runs() > before, "scheduled run that is held");
    assertThat(ExpireStarts.start(client(), ExpireInput.byHand(tenant, false, false)).started())
        .isFalse();
  }

  @Test
  void runThatHangsIsEndedAndTheNextOneStarts() {
    held.add(tenant);
    schedules.put(expire(SECOND, Duration.ofSeconds(3)));

    await(() -> runs() >= 2, "run after the one that hung");
  }

  @Test
  void removedScheduleStartsNothingMoreAndItsRunGoesOn() {
    held.add(tenant);
    schedules.put(expire(SECOND, MINUTE));
    await(() -> runs() == 1, "first run");

    schedules.remove(id);

    await(() -> find().isEmpty(), "not listed any more");
    held.clear();
    assertThat(client().newUntypedWorkflowStub(id).getResult(ExpireResult.class).outcome())
        .isEqualTo("succeeded");
    passes(Duration.ofSeconds(3));
    assertThat(runs()).isEqualTo(1);
  }

  @Test
  void whatIsNotThereCanBeRemovedPausedAndResumed() {
    schedules.remove(id);
    schedules.pause(id, "Nobody is there");
    schedules.resume(id);

    assertThat(find()).isEmpty();
  }

  @Test
  void scheduleThatWasRemovedCanBePutAgain() {
    schedules.put(expire(Duration.ofHours(1), MINUTE));
    schedules.pause(id, "For now");
    schedules.remove(id);

    schedules.put(expire(SECOND, MINUTE));

    await(() -> runs() >= 1, "runs");
    await(() -> find().isPresent(), "listed");
    assertThat(find().orElseThrow().paused()).isFalse();
  }

  private JobSchedule expire(Duration every, Duration timeout) {
    return new JobSchedule(id, ScheduledJob.EXPIRE, tenant, every, timeout);
  }

  private List<ScheduleState> mine() {
    return schedules.list().stream().filter(state -> state.id().endsWith(tenant)).toList();
  }

  private Optional<ScheduleState> find() {
    return schedules.list().stream().filter(state -> state.id().equals(id)).findFirst();
  }

  private int runs() {
    return (int) steps().calls.stream().filter(call -> call.equals("expire " + tenant)).count();
  }

  private void waitWhileHeld(ExpireRun run) {
    await(() -> !held.contains(run.tenant()), "run not held any more");
  }

  /** Nothing can be waited for where nothing is to happen. */
  private static void passes(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    await(() -> System.nanoTime() > end, "time");
  }
}

package io.duckmesh.workflows.schedule.temporal;

import io.duckmesh.workflows.Starts;
import io.duckmesh.workflows.Words;
import io.duckmesh.workflows.schedule.JobSchedule;
import io.duckmesh.workflows.schedule.JobStart;
import io.duckmesh.workflows.schedule.ScheduleState;
import io.duckmesh.workflows.schedule.ScheduledJob;
import io.duckmesh.workflows.schedule.ScheduledRun;
import io.duckmesh.workflows.schedule.Schedules;
import io.grpc.Status;
import io.temporal.api.enums.v1.ScheduleOverlapPolicy;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.schedules.Schedule;
import io.temporal.client.schedules.ScheduleActionStartWorkflow;
import io.temporal.client.schedules.ScheduleAlreadyRunningException;
import io.temporal.client.schedules.ScheduleClient;
import io.temporal.client.schedules.ScheduleDescription;
import io.temporal.client.schedules.ScheduleException;
import io.temporal.client.schedules.ScheduleHandle;
import io.temporal.client.schedules.ScheduleIntervalSpec;
import io.temporal.client.schedules.ScheduleListDescription;
import io.temporal.client.schedules.ScheduleOptions;
import io.temporal.client.schedules.SchedulePolicy;
import io.temporal.client.schedules.ScheduleSpec;
import io.temporal.client.schedules.ScheduleUpdate;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Schedules of the server itself: people see and pause them in its UI. */
final class ServerSchedules implements Schedules {
  /** The memo by which ours are told from others in the namespace. */
  private static final String MEMO = "duckmesh";

  private static final Duration CATCH_UP = Duration.ofMinutes(1);

  private final ScheduleClient client;
  private final boolean searchAttributes;

  ServerSchedules(ScheduleClient client, boolean searchAttributes) {
    this.client = client;
    this.searchAttributes = searchAttributes;
  }

  /** Does nothing; fails if the server has no schedules. */
  void probe() {
    Calls.call(
        "list schedules",
        () -> {
          try (Stream<ScheduleListDescription> all = client.listSchedules(1)) {
            return all.findFirst();
          }
        });
  }

  @Override
  public List<ScheduleState> list() {
    return Calls.call(
        "list schedules",
        () -> {
          try (Stream<ScheduleListDescription> all = client.listSchedules()) {
            return all.filter(ServerSchedules::isOurs)
                .map(ScheduleListDescription::getScheduleId)
                .flatMap(id -> find(id).stream())
                .sorted(Comparator.comparing(ScheduleState::id))
                .toList();
          }
        });
  }

  private static boolean isOurs(ScheduleListDescription schedule) {
    return schedule.getMemo(MEMO, String.class) != null;
  }

  /** Empty if it was removed since it was listed. */
  private Optional<ScheduleState> find(String id) {
    try {
      return Optional.of(state(client.getHandle(id).describe()));
    } catch (ScheduleException e) {
      if (Calls.isStatus(e, Status.Code.NOT_FOUND)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static ScheduleState state(ScheduleDescription description) {
    Schedule schedule = description.getSchedule();
    Duration every =
        schedule.getSpec().getIntervals().stream()
            .map(ScheduleIntervalSpec::getEvery)
            .findFirst()
            .orElse(Duration.ZERO);
    Duration timeout =
        schedule.getAction() instanceof ScheduleActionStartWorkflow start
                && start.getOptions().getWorkflowExecutionTimeout() != null
            ? start.getOptions().getWorkflowExecutionTimeout()
            : Duration.ZERO;
    io.temporal.client.schedules.ScheduleState state = schedule.getState();
    return new ScheduleState(
        description.getId(), every, timeout, state != null && state.isPaused());
  }

  @Override
  public void put(JobSchedule wanted) {
    var unused =
        Calls.call(
            "put schedule " + wanted.id(),
            () -> {
              try {
                return client.createSchedule(
                    wanted.id(),
                    schedule(wanted)
                        .setState(
                            io.temporal.client.schedules.ScheduleState.newBuilder()
                                .setNote(note(wanted))
                                .build())
                        .build(),
                    ScheduleOptions.newBuilder().setMemo(Map.of(MEMO, note(wanted))).build());
              } catch (ScheduleAlreadyRunningException e) {
                ScheduleHandle there = client.getHandle(wanted.id());
                // With the state that it has: one that is paused stays so, with the note that says
                // why.
                there.update(
                    input ->
                        new ScheduleUpdate(
                            schedule(wanted)
                                .setState(input.getDescription().getSchedule().getState())
                                .build()));
                return there;
              }
            });
  }

  private Schedule.Builder schedule(JobSchedule wanted) {
    return Schedule.newBuilder()
        .setAction(action(wanted))
        .setSpec(
            ScheduleSpec.newBuilder()
                .setIntervals(List.of(new ScheduleIntervalSpec(wanted.every())))
                .build())
        .setPolicy(
            SchedulePolicy.newBuilder()
                .setOverlap(ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_SKIP)
                .setCatchupWindow(CATCH_UP)
                .build());
  }

  private ScheduleActionStartWorkflow action(JobSchedule wanted) {
    JobStart job = JobStart.of(wanted, searchAttributes);
    if (wanted.job() == ScheduledJob.COMPACT_DUE) {
      // It only looks, and two that look at once do no harm: no run in between.
      return start(job.workflowType(), job.options(), job.input());
    }
    WorkflowOptions.Builder options =
        Starts.maintenance(
            "scheduled/" + job.options().getWorkflowId(),
            wanted.timeout(),
            "Runs " + job.options().getWorkflowId(),
            "Starts `%s` unless it is running, and waits for its end."
                .formatted(job.options().getWorkflowId()));
    if (job.options().getTypedSearchAttributes() != null) {
      options.setTypedSearchAttributes(job.options().getTypedSearchAttributes());
    }
    return start("scheduled-run", options.build(), ScheduledRun.of(wanted, searchAttributes));
  }

  private static ScheduleActionStartWorkflow start(
      String workflowType, WorkflowOptions options, Object input) {
    return ScheduleActionStartWorkflow.newBuilder()
        .setWorkflowType(workflowType)
        .setOptions(options)
        .setArguments(input)
        .build();
  }

  private static String note(JobSchedule wanted) {
    return Words.text(
        switch (wanted.job()) {
          case COMPACT_DUE -> "Starts merging of small files of tenant %s where it is due.";
          case EXPIRE -> "Lets snapshots and rows of tenant %s expire.";
          case VERIFY -> "Compares what tenant %s has with its catalog.";
          case COLLECT -> "Deletes objects that nothing needs, of all tenants.";
        },
        wanted.tenant());
  }

  @Override
  public void remove(String id) {
    ifThere("remove schedule " + id, id, ScheduleHandle::delete);
  }

  @Override
  public void pause(String id, String note) {
    ifThere("pause schedule " + id, id, schedule -> schedule.pause(note));
  }

  @Override
  public void resume(String id) {
    ifThere("resume schedule " + id, id, schedule -> schedule.unpause("Resumed"));
  }

  private void ifThere(String what, String id, Consumer<ScheduleHandle> call) {
    boolean unused =
        Calls.call(
            what,
            () -> {
              try {
                call.accept(client.getHandle(id));
                return true;
              } catch (ScheduleException e) {
                if (Calls.isStatus(e, Status.Code.NOT_FOUND)) {
                  return false;
                }
                throw e;
              }
            });
  }
}

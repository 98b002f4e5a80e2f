package io.duckmesh.workflows.schedule.temporal;

import io.duckmesh.workflows.TaskQueues;
import io.duckmesh.workflows.WorkflowIds;
import io.duckmesh.workflows.schedule.JobSchedule;
import io.duckmesh.workflows.schedule.ScheduleState;
import io.duckmesh.workflows.schedule.ScheduledRun;
import io.duckmesh.workflows.schedule.Schedules;
import io.duckmesh.workflows.schedule.TimerInput;
import io.duckmesh.workflows.schedule.TimerStatus;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowNotFoundException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;

/**
 * A workflow for each schedule. The server can not list workflows, so only those are known that
 * this object has made; after a restart {@link #put} finds the others by their ids.
 */
final class Timers implements Schedules {
  private final WorkflowClient client;
  private final boolean searchAttributes;
  private final Set<String> ids = new ConcurrentSkipListSet<>();

  Timers(WorkflowClient client, boolean searchAttributes) {
    this.client = client;
    this.searchAttributes = searchAttributes;
  }

  @Override
  public List<ScheduleState> list() {
    return Calls.call(
        "list timers",
        () ->
            ids.stream()
                .flatMap(id -> find(id).stream())
                .sorted(Comparator.comparing(ScheduleState::id))
                .toList());
  }

  private Optional<ScheduleState> find(String id) {
    try {
      WorkflowStub timer = timer(id);
      // Queries are answered by runs that have ended, too.
      if (timer.describe().getStatus()
          != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING) {
        return Optional.empty();
      }
      TimerStatus status = timer.query("status", TimerStatus.class);
      return Optional.of(
          new ScheduleState(
              id,
              Duration.ofMillis(status.run().everyMillis()),
              Duration.ofMillis(status.run().timeoutMillis()),
              status.paused() != null));
    } catch (WorkflowNotFoundException e) {
      return Optional.empty();
    }
  }

  @Override
  public void put(JobSchedule schedule) {
    ScheduledRun run = ScheduledRun.of(schedule, searchAttributes);
    var unused =
        Calls.call(
            "put timer " + schedule.id(),
            () ->
                client
                    .newUntypedWorkflowStub("timer", options(schedule))
                    .signalWithStart(
                        "change",
                        new Object[] {run},
                        new Object[] {new TimerInput(run, null, null)}));
    ids.add(schedule.id());
  }

  private static WorkflowOptions options(JobSchedule schedule) {
    // For ever: no timeout.
    return WorkflowOptions.newBuilder()
        .setWorkflowId(WorkflowIds.timer(schedule.id()))
        .setTaskQueue(TaskQueues.MAINTENANCE)
        .setStaticSummary("Starts " + schedule.id())
        .setStaticDetails(
            "Stands in for a schedule on a server that has none. Signals: pause, resume.")
        .build();
  }

  @Override
  public void remove(String id) {
    ifThere("remove timer " + id, id, timer -> timer.terminate("Removed"));
    ids.remove(id);
  }

  @Override
  public void pause(String id, String note) {
    ifThere("pause timer " + id, id, timer -> timer.signal("pause", note));
  }

  @Override
  public void resume(String id) {
    ifThere("resume timer " + id, id, timer -> timer.signal("resume"));
  }

  private void ifThere(String what, String id, Consumer<WorkflowStub> call) {
    boolean unused =
        Calls.call(
            what,
            () -> {
              try {
                call.accept(timer(id));
                return true;
              } catch (WorkflowNotFoundException e) {
                return false;
              }
            });
  }

  private WorkflowStub timer(String id) {
    return client.newUntypedWorkflowStub(WorkflowIds.timer(id));
  }
}

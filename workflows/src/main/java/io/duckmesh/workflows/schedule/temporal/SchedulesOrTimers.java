package io.duckmesh.workflows.schedule.temporal;

import io.duckmesh.workflows.schedule.JobSchedule;
import io.duckmesh.workflows.schedule.ScheduleState;
import io.duckmesh.workflows.schedule.Schedules;
import io.duckmesh.workflows.schedule.SchedulesUnavailableException;
import io.grpc.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whichever the server can do. It is asked once: servers do not unlearn. */
final class SchedulesOrTimers implements Schedules {
  private static final Logger log = LoggerFactory.getLogger(SchedulesOrTimers.class);

  private final ServerSchedules schedules;
  private final Timers timers;
  private volatile @Nullable Schedules chosen;

  SchedulesOrTimers(ServerSchedules schedules, Timers timers) {
    this.schedules = schedules;
    this.timers = timers;
  }

  @Override
  public List<ScheduleState> list() {
    return choice().list();
  }

  @Override
  public void put(JobSchedule schedule) {
    choice().put(schedule);
  }

  @Override
  public void remove(String id) {
    choice().remove(id);
  }

  @Override
  public void pause(String id, String note) {
    choice().pause(id, note);
  }

  @Override
  public void resume(String id) {
    choice().resume(id);
  }

  private Schedules choice() {
    Schedules known = chosen;
    if (known != null) {
      return known;
    }
    Schedules found = schedules;
    try {
      schedules.probe();
    } catch (SchedulesUnavailableException e) {
      if (!Calls.isStatus(e, Status.Code.UNIMPLEMENTED)) {
        throw e;
      }
      log.info("Temporal server has no schedules, timers stand in for them");
      found = timers;
    }
    chosen = found;
    return found;
  }
}

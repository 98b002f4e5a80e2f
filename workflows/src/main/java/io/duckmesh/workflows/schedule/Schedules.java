package io.duckmesh.workflows.schedule;

import java.util.List;

/**
 * Jobs that run by themselves, as a Temporal server keeps them: what is due is started while none
 * of our processes runs, too. May be used from any thread. Every method may throw {@link
 * SchedulesUnavailableException}; calling again is safe.
 */
public interface Schedules {
  /**
   * All schedules that {@link #put} has made, by id; no others. One that was put or removed a
   * moment ago may not be as it is now.
   */
  List<ScheduleState> list();

  /**
   * Makes the schedule, or changes the one of its id. One that is paused stays paused. A run that
   * is due while one of the schedule is running is skipped; one that was due longer than a minute
   * ago, while the server was down, is left out.
   */
  void put(JobSchedule schedule);

  /** Removes the schedule; runs that it has started go on. Does nothing if there is none. */
  void remove(String id);

  /**
   * Keeps the schedule from starting runs until {@link #resume}, as a button of the Temporal UI
   * does. Does nothing if there is none.
   *
   * @param note why, for people
   */
  void pause(String id, String note);

  /** Ends a pause. Does nothing if there is no such schedule. */
  void resume(String id);
}

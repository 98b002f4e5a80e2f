package io.duckmesh.workflows.schedule;

import io.duckmesh.workflows.Starts;
import io.temporal.worker.Worker;

/** What workers need so that schedules do something. */
public final class ScheduleWorkflows {
  private ScheduleWorkflows() {}

  /** Registers what schedules start, and what stands in for them; with a worker of maintenance. */
  public static void register(Worker worker) {
    worker.registerWorkflowImplementationTypes(
        Starts.implementationOptions(), ScheduledRunWorkflowImpl.class, TimerWorkflowImpl.class);
  }
}

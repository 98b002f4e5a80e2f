package io.duckmesh.activities.materialize;

import io.duckmesh.activities.WorkerPart;
import io.duckmesh.workflows.TaskQueues;
import io.duckmesh.workflows.materialize.MaterializeStarts;
import io.duckmesh.workflows.materialize.MaterializeWorkflowImpl;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;

/** Polls the queue of landing and runs its workflow and its steps. */
public final class MaterializeWorker implements WorkerPart {
  private final MaterializeActivitiesImpl activities;

  /**
   * @param activities closed with this
   */
  public MaterializeWorker(MaterializeActivitiesImpl activities) {
    this.activities = activities;
  }

  @Override
  public String taskQueue() {
    return TaskQueues.MATERIALIZE;
  }

  @Override
  public void register(WorkerFactory factory) {
    Worker worker =
        factory.newWorker(
            TaskQueues.MATERIALIZE,
            WorkerOptions.newBuilder()
                // Threads that are started for a task each, instead of woken: milliseconds less.
                .setUsingVirtualThreads(true)
                // The steps beat every two seconds; a cancellation is seen with the next beat.
                .setMaxHeartbeatThrottleInterval(Duration.ofSeconds(1))
                .setAllowActivityHeartbeatDuringShutdown(true)
                // After a kill, what was meant for this worker goes to another one this soon.
                .setStickyQueueScheduleToStartTimeout(Duration.ofSeconds(2))
                // A cold JVM loads classes during its first decision for longer than a second.
                .setDefaultDeadlockDetectionTimeout(5_000)
                .build());
    worker.registerWorkflowImplementationTypes(
        MaterializeStarts.implementationOptions(), MaterializeWorkflowImpl.class);
    worker.registerActivitiesImplementations(activities);
  }

  /** Takes no new batch; batches at hand land. A step that only waits for events stops at once. */
  @Override
  public void stop() {
    activities.stopClaiming();
  }

  @Override
  public boolean awaitQuiet(Duration timeout) throws InterruptedException {
    return activities.awaitQuiet(timeout);
  }

  @Override
  public void close() {
    activities.close();
  }
}

package io.duckmesh.activities.verify;

import io.duckmesh.activities.WorkerPart;
import io.duckmesh.workflows.TaskQueues;
import io.duckmesh.workflows.verify.VerifyStarts;
import io.duckmesh.workflows.verify.VerifyWorkflowImpl;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;

/** Polls the queue of maintenance and runs the workflow and the steps of comparing. */
public final class VerifyWorker implements WorkerPart {
  /** One reads as fast as a store gives; more would take from those who land and query. */
  private static final int STEPS_AT_ONCE = 2;

  private final VerifyActivitiesImpl activities;

  public VerifyWorker(VerifyActivitiesImpl activities) {
    this.activities = activities;
  }

  @Override
  public void register(WorkerFactory factory) {
    Worker worker =
        factory.newWorker(
            TaskQueues.MAINTENANCE,
            WorkerOptions.newBuilder()
                .setMaxConcurrentActivityExecutionSize(STEPS_AT_ONCE)
                .setMaxConcurrentActivityTaskPollers(1)
                .setMaxConcurrentWorkflowTaskPollers(2)
                .setUsingVirtualThreads(true)
                .setMaxHeartbeatThrottleInterval(Duration.ofSeconds(1))
                .setDefaultDeadlockDetectionTimeout(5_000)
                .build());
    worker.registerWorkflowImplementationTypes(
        VerifyStarts.implementationOptions(), VerifyWorkflowImpl.class);
    worker.registerActivitiesImplementations(activities);
  }

  @Override
  public void stop() {
    activities.stop();
  }
}

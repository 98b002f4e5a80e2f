package io.duckmesh.activities.materialize;

import io.duckmesh.workflows.TaskQueues;
import io.duckmesh.workflows.materialize.MaterializeStarts;
import io.duckmesh.workflows.materialize.MaterializeWorkflowImpl;
import io.temporal.client.WorkflowClient;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Polls Temporal and runs the workflow and the steps of landing. */
public final class MaterializeWorker implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MaterializeWorker.class);

  private final MaterializeActivitiesImpl activities;
  private final WorkerFactory factory;

  /**
   * @param client its data converter must be {@link io.duckmesh.workflows.PayloadConverters}
   * @param activities closed with this
   */
  public MaterializeWorker(WorkflowClient client, MaterializeActivitiesImpl activities) {
    this.activities = activities;
    this.factory =
        WorkerFactory.newInstance(
            client,
            WorkerFactoryOptions.newBuilder()
                .setUsingVirtualWorkflowThreads(true)
                // How often a shutdown looks whether it is done.
                .setShutdownCheckInterval(Duration.ofMillis(10))
                .build());
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

  /** Begins to poll. Returns at once. */
  public void start() {
    factory.start();
    log.info("Worker started task_queue={}", TaskQueues.MATERIALIZE);
  }

  /**
   * Takes no new batch, lets the batches at hand land, and stops polling. A worker that only waits
   * for events stops at once. What is not done in time is interrupted: its lease is left to the
   * next attempt, which another worker makes as soon as the heartbeats are missed.
   *
   * @return whether everything came to its end in time
   */
  public boolean drain(Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    activities.stopClaiming();
    boolean quiet = false;
    try {
      quiet = activities.awaitQuiet(timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (quiet) {
      factory.shutdown();
      factory.awaitTermination(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
    if (!factory.isTerminated()) {
      factory.shutdownNow();
      factory.awaitTermination(1, TimeUnit.SECONDS);
    }
    log.info("Worker stopped task_queue={} drained={}", TaskQueues.MATERIALIZE, quiet);
    return quiet;
  }

  /** Stops without waiting for batches at hand; they are landed by the next worker. */
  @Override
  public void close() {
    activities.stopClaiming();
    if (!factory.isTerminated()) {
      factory.shutdownNow();
      factory.awaitTermination(5, TimeUnit.SECONDS);
    }
    activities.close();
  }
}

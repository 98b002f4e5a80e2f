package io.duckmesh.activities.compact;

import io.duckmesh.activities.Steps;
import io.duckmesh.activities.WorkerPart;
import io.duckmesh.workflows.TaskQueues;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;

/** Polls the queue of rewrites: as many at once as the process may spare. */
public final class CompactWorker implements WorkerPart {
  private final CompactActivitiesImpl activities;
  private final int rewritesAtOnce;
  private final Steps steps;

  /**
   * @param steps what the activities run in; not closed with this
   */
  public CompactWorker(CompactActivitiesImpl activities, int rewritesAtOnce, Steps steps) {
    this.activities = activities;
    this.rewritesAtOnce = rewritesAtOnce;
    this.steps = steps;
  }

  @Override
  public String taskQueue() {
    return TaskQueues.COMPACT;
  }

  @Override
  public void register(WorkerFactory factory) {
    factory
        .newWorker(
            TaskQueues.COMPACT,
            WorkerOptions.newBuilder()
                .setMaxConcurrentActivityExecutionSize(rewritesAtOnce)
                .setMaxConcurrentActivityTaskPollers(1)
                .setMaxHeartbeatThrottleInterval(Duration.ofSeconds(1))
                .build())
        .registerActivitiesImplementations(activities);
  }

  /** What is being rewritten is given up: another worker begins it anew. */
  @Override
  public void stop() {
    steps.stop();
  }

  @Override
  public boolean awaitQuiet(Duration timeout) throws InterruptedException {
    return steps.awaitQuiet(timeout);
  }

  /** Does nothing: what the steps hold has owners. */
  @Override
  public void close() {}
}

package io.duckmesh.activities.schedule;

import io.duckmesh.activities.Steps;
import io.duckmesh.activities.WorkerPart;
import io.duckmesh.activities.verify.VerifyActivitiesImpl;
import io.duckmesh.workflows.Starts;
import io.duckmesh.workflows.TaskQueues;
import io.duckmesh.workflows.collect.CollectWorkflowImpl;
import io.duckmesh.workflows.compact.CompactDueWorkflowImpl;
import io.duckmesh.workflows.compact.CompactWorkflowImpl;
import io.duckmesh.workflows.expire.ExpireWorkflowImpl;
import io.duckmesh.workflows.schedule.ScheduleWorkflows;
import io.duckmesh.workflows.verify.VerifyWorkflowImpl;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;
import java.util.List;

/** Polls the queue of maintenance and runs all its workflows, and the steps that are short. */
public final class MaintenanceWorker implements WorkerPart {
  /** Most steps wait, for the catalog or for something to do; those that read are counted. */
  private static final int STEPS_AT_ONCE = 48;

  private final VerifyActivitiesImpl verify;
  private final List<Object> upkeep;
  private final Steps steps;

  /**
   * @param upkeep steps of compact, expire and collect
   * @param steps what these run in; not closed with this
   */
  public MaintenanceWorker(VerifyActivitiesImpl verify, List<Object> upkeep, Steps steps) {
    this.verify = verify;
    this.upkeep = List.copyOf(upkeep);
    this.steps = steps;
  }

  @Override
  public String taskQueue() {
    return TaskQueues.MAINTENANCE;
  }

  @Override
  public void register(WorkerFactory factory) {
    Worker worker =
        factory.newWorker(
            TaskQueues.MAINTENANCE,
            WorkerOptions.newBuilder()
                .setMaxConcurrentActivityExecutionSize(STEPS_AT_ONCE)
                .setMaxConcurrentActivityTaskPollers(2)
                .setMaxConcurrentWorkflowTaskPollers(2)
                .setUsingVirtualThreads(true)
                .setMaxHeartbeatThrottleInterval(Duration.ofSeconds(1))
                .setDefaultDeadlockDetectionTimeout(5_000)
                .build());
    worker.registerWorkflowImplementationTypes(
        Starts.implementationOptions(),
        VerifyWorkflowImpl.class,
        CompactWorkflowImpl.class,
        CompactDueWorkflowImpl.class,
        ExpireWorkflowImpl.class,
        CollectWorkflowImpl.class);
    ScheduleWorkflows.register(worker);
    worker.registerActivitiesImplementations(verify);
    worker.registerActivitiesImplementations(upkeep.toArray());
  }

  @Override
  public void stop() {
    verify.stop();
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

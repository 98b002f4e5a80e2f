package io.duckmesh.workflows;

import io.duckmesh.workflows.collect.CollectWorkflowImpl;
import io.duckmesh.workflows.compact.CompactDueWorkflowImpl;
import io.duckmesh.workflows.compact.CompactWorkflowImpl;
import io.duckmesh.workflows.expire.ExpireWorkflowImpl;
import io.duckmesh.workflows.schedule.ScheduleWorkflows;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.sdk.v1.WorkflowMetadata;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.converter.DataConverter;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** The in-process server with workers that run the jobs' workflows on steps that a test brings. */
public final class JobServer implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  private final TestWorkflowEnvironment environment;

  private JobServer(TestWorkflowEnvironment environment) {
    this.environment = environment;
  }

  /** Skips the time in which nothing happens, while somebody waits for a result. */
  public static JobServer skippingTime(Object... steps) {
    return start(true, steps);
  }

  /** In time as it is. */
  public static JobServer inRealTime(Object... steps) {
    return start(false, steps);
  }

  private static JobServer start(boolean skippingTime, Object... steps) {
    TestEnvironmentOptions.Builder options =
        TestEnvironmentOptions.newBuilder()
            .setUseTimeskipping(skippingTime)
            .setWorkerFactoryOptions(
                WorkerFactoryOptions.newBuilder()
                    .setShutdownCheckInterval(Duration.ofMillis(10))
                    .build())
            .setWorkflowClientOptions(clientOptions());
    SearchAttributes.ALL.forEach(
        attribute ->
            options.registerSearchAttribute(attribute.getName(), attribute.getValueType()));
    TestWorkflowEnvironment environment = TestWorkflowEnvironment.newInstance(options.build());
    register(environment.getWorkerFactory(), steps);
    environment.start();
    return new JobServer(environment);
  }

  /** How clients of tests are. */
  public static WorkflowClientOptions clientOptions() {
    DataConverter converter = PayloadConverters.dataConverter();
    return WorkflowClientOptions.newBuilder()
        .setDataConverter(converter)
        .setIdentity("worker")
        .build();
  }

  /** Workers of both queues. */
  public static void register(WorkerFactory factory, Object... steps) {
    WorkerOptions options =
        WorkerOptions.newBuilder()
            .setDefaultDeadlockDetectionTimeout(5_000)
            .setMaxHeartbeatThrottleInterval(Duration.ofMillis(50))
            .build();
    Worker maintenance = factory.newWorker(TaskQueues.MAINTENANCE, options);
    maintenance.registerWorkflowImplementationTypes(
        Starts.implementationOptions(),
        CompactWorkflowImpl.class,
        CompactDueWorkflowImpl.class,
        ExpireWorkflowImpl.class,
        CollectWorkflowImpl.class);
    ScheduleWorkflows.register(maintenance);
    maintenance.registerActivitiesImplementations(steps);
    List<Object> rewriting =
        List.of(steps).stream()
            .filter(step -> step instanceof io.duckmesh.workflows.compact.CompactActivities)
            .toList();
    if (!rewriting.isEmpty()) {
      factory
          .newWorker(TaskQueues.COMPACT, options)
          .registerActivitiesImplementations(rewriting.toArray());
    }
  }

  public WorkflowClient client() {
    return environment.getWorkflowClient();
  }

  /** What people read of a workflow. */
  public String details(String workflowId) {
    return details(client(), workflowId);
  }

  /** What people read of a workflow. */
  public static String details(WorkflowClient client, String workflowId) {
    return client
        .newUntypedWorkflowStub(workflowId)
        .query("__temporal_workflow_metadata", WorkflowMetadata.class)
        .getCurrentDetails();
  }

  public WorkflowExecutionStatus status(String workflowId) {
    return client().newUntypedWorkflowStub(workflowId).describe().getStatus();
  }

  public WorkflowStub stub(String workflowId) {
    return client().newUntypedWorkflowStub(workflowId);
  }

  /** Waits until it is so. */
  public static void await(BooleanSupplier condition, String what) {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("Not in time: " + what);
      }
      LockSupport.parkNanos(10_000_000);
    }
  }

  @Override
  public void close() {
    environment.shutdownNow();
    environment.close();
  }
}

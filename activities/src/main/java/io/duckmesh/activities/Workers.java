package io.duckmesh.activities;

import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowServiceException;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls Temporal's queues and runs their workflows and steps. Temporal need not be there when this
 * starts: polling begins by itself when it answers.
 */
public final class Workers implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Workers.class);

  private static final Duration RETRY_INTERVAL = Duration.ofSeconds(1);
  private static final long PROBE_SECONDS = 3;

  private final WorkflowClient client;
  private final List<WorkerPart> parts;
  private final CountDownLatch ending = new CountDownLatch(1);
  private final Thread starter;

  /** Only one that polls, or has polled; null before Temporal answered. */
  private volatile @Nullable WorkerFactory factory;

  /**
   * @param client its data converter must be {@link io.duckmesh.workflows.PayloadConverters}
   * @param parts queues that are polled; closed with this
   */
  public Workers(WorkflowClient client, List<WorkerPart> parts) {
    this.client = client;
    this.parts = List.copyOf(parts);
    this.starter =
        Thread.ofPlatform()
            .daemon()
            .name("duckmesh-worker-start")
            .unstarted(this::startWhenTemporalAnswers);
  }

  /**
   * Begins to poll, on a thread of its own, as soon as Temporal answers. Returns at once. To be
   * called once.
   */
  public void start() {
    starter.start();
  }

  private void startWhenTemporalAnswers() {
    String target = client.getWorkflowServiceStubs().getOptions().getTarget();
    boolean said = false;
    try {
      do {
        try {
          probe();
          startPolling();
          log.info("Worker started task_queues={} temporal={}", taskQueues(), target);
          return;
        } catch (StatusRuntimeException | WorkflowServiceException e) {
          if (!said && !isEnding()) {
            // The warning is the reconciler's, which keeps watching Temporal.
            log.info(
                "Worker waits for Temporal temporal={} namespace={} reason={}",
                target,
                client.getOptions().getNamespace(),
                e.getMessage());
            said = true;
          }
        } catch (RuntimeException e) {
          // The thread must live: without it nothing lands until the process starts anew.
          if (!isEnding()) {
            log.error("Worker does not start, trying again temporal={}", target, e);
          }
        }
      } while (!ending.await(RETRY_INTERVAL.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      // Only the end of this worker interrupts the thread.
      log.debug("Start of the worker interrupted");
    }
  }

  /** Keeps the factory, whose start cannot be ended from outside, from waiting for Temporal. */
  private void probe() {
    WorkflowServiceStubs stubs = client.getWorkflowServiceStubs();
    // The channel would wait longer and longer before it connects again.
    stubs.getRawChannel().resetConnectBackoff();
    DescribeNamespaceRequest request =
        DescribeNamespaceRequest.newBuilder()
            .setNamespace(client.getOptions().getNamespace())
            .build();
    var unused =
        stubs
            .blockingStub()
            .withDeadlineAfter(PROBE_SECONDS, TimeUnit.SECONDS)
            .describeNamespace(request);
  }

  private void startPolling() {
    // A factory whose start has failed halfway cannot be started again.
    WorkerFactory made = newFactory();
    boolean polling = false;
    try {
      made.start();
      factory = made;
      polling = !isEnding();
    } finally {
      if (!polling) {
        made.shutdownNow();
      }
    }
  }

  private WorkerFactory newFactory() {
    WorkerFactory made =
        WorkerFactory.newInstance(
            client,
            WorkerFactoryOptions.newBuilder()
                .setUsingVirtualWorkflowThreads(true)
                // How often a shutdown looks whether it is done.
                .setShutdownCheckInterval(Duration.ofMillis(10))
                .build());
    parts.forEach(part -> part.register(made));
    return made;
  }

  private List<String> taskQueues() {
    return parts.stream().map(WorkerPart::taskQueue).toList();
  }

  private boolean isEnding() {
    return ending.getCount() == 0;
  }

  /** Ends an attempt to start that is under way; what it has started is in {@link #factory}. */
  private void endStarter() {
    ending.countDown();
    starter.interrupt();
    try {
      starter.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Begins nothing that is long, lets the batches at hand land, and stops polling. A worker that
   * only waits stops at once. What is not done in time is interrupted: it is left to the next
   * attempt, which another worker makes as soon as the heartbeats are missed.
   *
   * @return whether everything came to its end in time
   */
  public boolean drain(Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    parts.forEach(WorkerPart::stop);
    // Has no effect on a worker that polls: its thread that started it has ended.
    endStarter();
    WorkerFactory polling = factory;
    boolean quiet = true;
    try {
      for (WorkerPart part : parts) {
        quiet &= part.awaitQuiet(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      quiet = false;
    }
    if (polling != null && quiet) {
      polling.shutdown();
      polling.awaitTermination(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
    if (polling != null && !polling.isTerminated()) {
      polling.shutdownNow();
      polling.awaitTermination(1, TimeUnit.SECONDS);
    }
    log.info("Worker stopped task_queues={} drained={}", taskQueues(), quiet);
    return quiet;
  }

  /** Stops without waiting for what is at hand; it is done by the next worker. */
  @Override
  public void close() {
    parts.forEach(WorkerPart::stop);
    endStarter();
    WorkerFactory polling = factory;
    if (polling != null && !polling.isTerminated()) {
      polling.shutdownNow();
      polling.awaitTermination(5, TimeUnit.SECONDS);
    }
    parts.forEach(WorkerPart::close);
  }
}

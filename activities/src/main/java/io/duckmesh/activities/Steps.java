package io.duckmesh.activities;

import static java.util.Objects.requireNonNull;

import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.client.ActivityCompletionException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Runs steps of background jobs: each beats while it runs, and is told to stop when its run was
 * cancelled or its worker is being stopped.
 */
public final class Steps implements AutoCloseable {
  private static final Duration BEAT = Duration.ofSeconds(2);

  private final Ticker ticker = new Ticker();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final Set<StopSignal> running = new HashSet<>();
  private boolean stopping;

  /**
   * Runs a step of the attempt on the calling thread; what it throws is thrown as a failure that
   * says whether a retry helps.
   *
   * @param name what the step does, for example {@code publish rewrite 7}
   * @param beat how far it is: what the next attempt finds as details of the last heartbeat
   * @param body looks at the signal between two pieces of its work
   */
  public <T> T run(String name, Supplier<?> beat, Function<StopSignal, T> body) {
    ActivityExecutionContext attempt = Activity.getExecutionContext();
    StopSignal stop = begin();
    try (Ticker.Ticking beats =
        ticker.every(
            BEAT,
            () -> {
              try {
                attempt.heartbeat(beat.get());
              } catch (ActivityCompletionException e) {
                stop.stop(e);
              }
            })) {
      return ActivityFailures.translating(name, () -> body.apply(stop));
    } finally {
      end(stop);
    }
  }

  /** Id of the workflow whose step the calling thread runs. */
  public static String workflowId() {
    return requireNonNull(
        Activity.getExecutionContext().getInfo().getWorkflowId(), "A step has no workflow");
  }

  /** Tells steps under way, and those that begin later, that the worker is being stopped. */
  public void stop() {
    lock.lock();
    try {
      stopping = true;
      running.forEach(step -> step.stop(ActivityFailures.workerDraining()));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until no step runs.
   *
   * @return false if the time was over before
   */
  public boolean awaitQuiet(Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lock();
    try {
      while (!running.isEmpty()) {
        if (left <= 0) {
          return false;
        }
        left = ended.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the threads that beat. */
  @Override
  public void close() {
    ticker.close();
  }

  private StopSignal begin() {
    StopSignal stop = new StopSignal();
    lock.lock();
    try {
      running.add(stop);
      if (stopping) {
        stop.stop(ActivityFailures.workerDraining());
      }
    } finally {
      lock.unlock();
    }
    return stop;
  }

  private void end(StopSignal stop) {
    lock.lock();
    try {
      running.remove(stop);
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }
}

package io.duckmesh.engine.query.duckdb;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Platform threads for work that keeps a processor: walking statements and making text of rows. A
 * virtual thread that does it never yields, so as many of them as there are cores would stop every
 * other. There are as many threads as calls at once, which the slots of the tenants bound.
 */
final class WorkThreads implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WorkThreads.class);
  private static final long IDLE_SECONDS = 60;

  /**
   * The tree of a statement is walked by recursion, as deep as it is nested, for which a usual
   * stack of 1 MiB is too small. Only what is used of it becomes memory.
   */
  private static final long STACK_BYTES = 128L << 20;

  private final ExecutorService threads =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().name("query-work-", 0).stackSize(STACK_BYTES).daemon().factory());

  /** A call whose errors keep their type. */
  interface Call<T, X extends Exception> {
    T run() throws X;
  }

  /** Runs a call that is short enough to wait for, even when the caller is interrupted. */
  <T, X extends Exception> T call(Call<T, X> call) throws X {
    return call(() -> {}, call);
  }

  /**
   * Runs the call on a platform thread and waits until it has ended, also when the caller is
   * interrupted; the interrupt is there again afterwards.
   *
   * @param onInterrupt lets the call end soon
   */
  <T, X extends Exception> T call(Runnable onInterrupt, Call<T, X> call) throws X {
    Map<String, String> context = MDC.getCopyOfContextMap();
    FutureTask<T> task = new FutureTask<>(() -> runWith(context, call));
    try {
      threads.execute(task);
    } catch (RejectedExecutionException e) {
      // The engine is closed: what is left to free is freed here.
      task.run();
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
          onInterrupt.run();
        }
      }
    } catch (ExecutionException e) {
      throw WorkThreads.<X>thrown(e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Runs work that nobody waits for; not at all if this is closed. It reports its own trouble. */
  void start(Runnable work) {
    try {
      threads.execute(work);
    } catch (RejectedExecutionException e) {
      log.debug("Not started, since the query engine is closed", e);
    }
  }

  private static <T, X extends Exception> T runWith(
      @Nullable Map<String, String> context, Call<T, X> call) throws X {
    if (context == null) {
      return call.run();
    }
    MDC.setContextMap(context);
    try {
      return call.run();
    } finally {
      MDC.clear();
    }
  }

  /** A call throws its X, or what is unchecked. */
  @SuppressWarnings("unchecked")
  private static <X extends Exception> X thrown(ExecutionException failure) {
    Throwable cause = failure.getCause();
    if (cause instanceof Error error) {
      throw error;
    }
    if (cause instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    return (X) requireNonNull(cause);
  }

  /** Ends the threads as soon as their calls have ended. */
  @Override
  public void close() {
    threads.shutdown();
  }
}

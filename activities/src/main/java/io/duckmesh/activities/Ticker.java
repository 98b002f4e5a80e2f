package io.duckmesh.activities;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs something again and again beside a step. On threads of the platform: a virtual one would
 * wait for a processor behind steps that compute, and a beat must not be late. Each task has a
 * thread of its own while it runs, so that one that waits for a server does not hold up others.
 */
public final class Ticker implements AutoCloseable {
  private final ScheduledThreadPoolExecutor clock =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("duckmesh-ticker").factory());
  private final ExecutorService tasks =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("duckmesh-beat-", 0).factory());

  public Ticker() {
    clock.setRemoveOnCancelPolicy(true);
  }

  /** Runs the task every interval, first after one; never twice at the same time. */
  public Ticking every(Duration interval, Runnable task) {
    AtomicBoolean running = new AtomicBoolean();
    ScheduledFuture<?> future =
        clock.scheduleAtFixedRate(
            () -> {
              if (running.compareAndSet(false, true)) {
                tasks.execute(
                    () -> {
                      try {
                        task.run();
                      } finally {
                        running.set(false);
                      }
                    });
              }
            },
            interval.toNanos(),
            interval.toNanos(),
            TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  @Override
  public void close() {
    clock.shutdownNow();
    tasks.shutdownNow();
  }

  /** A task that is repeated until this is closed; a run under way is not waited for. */
  public interface Ticking extends AutoCloseable {
    @Override
    void close();
  }
}

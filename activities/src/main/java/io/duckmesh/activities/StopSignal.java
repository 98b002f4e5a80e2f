package io.duckmesh.activities;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tells a step, from beside it, to stop; the step looks between two pieces of its work. */
public final class StopSignal {
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile @Nullable RuntimeException reason;

  /** Asks the step to end with the exception; the first reason stays. */
  public synchronized void stop(RuntimeException reason) {
    if (this.reason == null) {
      this.reason = reason;
      stopped.countDown();
    }
  }

  public boolean stopped() {
    return reason != null || Thread.currentThread().isInterrupted();
  }

  /** Throws the reason if there is one. An interrupted thread counts as a worker being stopped. */
  public void check() {
    RuntimeException stopped = reason;
    if (stopped != null) {
      throw stopped;
    }
    if (Thread.currentThread().isInterrupted()) {
      throw ActivityFailures.workerDraining();
    }
  }

  /** Waits for so long, and throws the reason as soon as there is one. */
  public void pause(Duration time) {
    try {
      if (stopped.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
        check();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      check();
    }
  }
}

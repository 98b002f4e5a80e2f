package io.duckmesh.activities.materialize;

import io.duckmesh.activities.ActivityFailures;
import org.jspecify.annotations.Nullable;

/** Tells a step, from beside it, to stop; the step looks between two pieces of its work. */
final class StopSignal {
  private volatile @Nullable RuntimeException reason;

  /** Asks the step to end with the exception; the first reason stays. */
  synchronized void stop(RuntimeException reason) {
    if (this.reason == null) {
      this.reason = reason;
    }
  }

  boolean stopped() {
    return reason != null || Thread.currentThread().isInterrupted();
  }

  /** Throws the reason if there is one. An interrupted thread counts as a worker being stopped. */
  void check() {
    RuntimeException stopped = reason;
    if (stopped != null) {
      throw stopped;
    }
    if (Thread.currentThread().isInterrupted()) {
      throw ActivityFailures.workerDraining();
    }
  }
}

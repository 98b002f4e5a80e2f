package io.duckmesh.bench.faults;

import java.util.concurrent.locks.LockSupport;

/** Waits that end early when the thread is interrupted. */
final class Pause {
  private Pause() {}

  static void millis(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    for (long left = end - System.nanoTime();
        left > 0 && !Thread.currentThread().isInterrupted();
        left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}

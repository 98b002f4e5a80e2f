package io.duckmesh.activities.materialize;

import io.duckmesh.activities.ActivityFailures;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Ends the steps of a worker in good order: no new batch, but the batch at hand to its end. */
final class Drain {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<Wait> waits = new HashSet<>();
  private boolean draining;
  private int running;
  private long lastEnd = System.nanoTime();

  /** Notes that a step runs until the result is closed. */
  Running begin() {
    lock.lock();
    try {
      running++;
    } finally {
      lock.unlock();
    }
    return () -> {
      lock.lock();
      try {
        running--;
        lastEnd = System.nanoTime();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    };
  }

  /**
   * Notes that this thread waits for events until the result is closed, and may be interrupted.
   *
   * @throws io.temporal.failure.ApplicationFailure if the worker is draining
   */
  Wait beginWait() {
    lock.lock();
    try {
      if (draining) {
        throw ActivityFailures.workerDraining();
      }
      Wait wait = new Wait(Thread.currentThread());
      waits.add(wait);
      return wait;
    } finally {
      lock.unlock();
    }
  }

  /** Ends all waits, now and from now on. */
  void stopWaiting() {
    lock.lock();
    try {
      draining = true;
      waits.forEach(Wait::interrupt);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until no step has run for the given time: the step that follows another comes within
   * milliseconds.
   *
   * @return false if the time was over before
   */
  boolean awaitQuiet(Duration quiet, Duration timeout) throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    lock.lock();
    try {
      while (true) {
        long now = System.nanoTime();
        long quietAt = lastEnd + quiet.toNanos();
        if (running == 0 && now - quietAt >= 0) {
          return true;
        }
        if (now - end >= 0) {
          return false;
        }
        long until = running == 0 ? Math.min(end - now, quietAt - now) : end - now;
        boolean woken = changed.await(until, TimeUnit.NANOSECONDS);
        if (!woken && running > 0) {
          return false;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** A step that runs. */
  interface Running extends AutoCloseable {
    @Override
    void close();
  }

  /** A thread that waits; interrupts reach it only until this is closed. */
  final class Wait implements AutoCloseable {
    private final Thread thread;
    private boolean interrupted;

    private Wait(Thread thread) {
      this.thread = thread;
    }

    void interrupt() {
      lock.lock();
      try {
        if (waits.contains(this)) {
          interrupted = true;
          thread.interrupt();
        }
      } finally {
        lock.unlock();
      }
    }

    /** Whether it was interrupted through this, and not by the worker being ended. */
    boolean interrupted() {
      lock.lock();
      try {
        return interrupted;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        if (waits.remove(this) && interrupted) {
          // The interrupt was meant for the wait that is over, not for what the thread does next.
          Thread.interrupted();
        }
      } finally {
        lock.unlock();
      }
    }
  }
}

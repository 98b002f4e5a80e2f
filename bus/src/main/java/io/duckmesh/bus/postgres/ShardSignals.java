package io.duckmesh.bus.postgres;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * News about shards inside this process. A waiter takes the number of news before it looks and
 * waits for a higher one, so that nothing falls between.
 */
final class ShardSignals {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Integer, Signal> signals = new HashMap<>();

  long count(int shardNo) {
    lock.lock();
    try {
      return signal(shardNo).count;
    } finally {
      lock.unlock();
    }
  }

  void raise(int shardNo) {
    lock.lock();
    try {
      signal(shardNo).raise();
    } finally {
      lock.unlock();
    }
  }

  void raiseAll() {
    lock.lock();
    try {
      signals.values().forEach(Signal::raise);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there is news after {@code seen}; returns false if there was none in time. */
  boolean await(int shardNo, long seen, Duration atMost) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      Signal signal = signal(shardNo);
      long nanos = atMost.toNanos();
      while (signal.count == seen) {
        if (nanos <= 0) {
          return false;
        }
        nanos = signal.changed.awaitNanos(nanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private Signal signal(int shardNo) {
    return signals.computeIfAbsent(shardNo, no -> new Signal(lock.newCondition()));
  }

  private static final class Signal {
    final Condition changed;
    long count;

    Signal(Condition changed) {
      this.changed = changed;
    }

    void raise() {
      count++;
      changed.signalAll();
    }
  }
}

package io.duckmesh.catalog.postgres;

import static java.util.Comparator.comparingLong;

import io.duckmesh.catalog.ShardId;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far shards have landed as this process has heard, and who waits for more. Watermarks only
 * increase, so what is here may be late but is never too high.
 */
final class WatermarkCache {
  private final ConcurrentMap<ShardId, Shard> shards = new ConcurrentHashMap<>();
  private final ReentrantLock advanceLock = new ReentrantLock();
  private final Condition advanced = advanceLock.newCondition();
  private long advances;
  private volatile boolean closed;

  /** Tells that the shard has landed at least up to the position; wakes those who waited for it. */
  void advance(ShardId shard, long position) {
    if (shard(shard).advance(position)) {
      countAdvance();
    }
  }

  private void countAdvance() {
    advanceLock.lock();
    try {
      advances++;
      advanced.signalAll();
    } finally {
      advanceLock.unlock();
    }
  }

  /**
   * Waits until there have been other advances than the number seen.
   *
   * @param deadline in terms of {@link System#nanoTime}
   * @return their number now, the one seen if the time is over or this is closed
   */
  long awaitAdvance(long seen, long deadline) throws InterruptedException {
    advanceLock.lock();
    try {
      long left = deadline - System.nanoTime();
      while (advances == seen && left > 0 && !closed) {
        left = advanced.awaitNanos(left);
      }
      return advances;
    } finally {
      advanceLock.unlock();
    }
  }

  boolean knows(ShardId shard) {
    return shard(shard).position() >= 0;
  }

  /** The highest position heard of, negative if none was. */
  long position(ShardId shard) {
    return shard(shard).position();
  }

  /**
   * Waits until the shard is at or above the position.
   *
   * @param deadline in terms of {@link System#nanoTime}
   * @return false if the time is over or this is closed
   */
  boolean await(ShardId shard, long position, long deadline) throws InterruptedException {
    Waiter waiter = new Waiter(position, new CountDownLatch(1));
    Shard awaited = shard(shard);
    if (!awaited.addUnlessReached(waiter)) {
      return true;
    }
    try {
      // Closing sets the flag before it wakes, so whoever came too late to be woken sees it here.
      if (closed) {
        return false;
      }
      return waiter.woken().await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)
          && awaited.position() >= position;
    } finally {
      awaited.remove(waiter);
    }
  }

  boolean isClosed() {
    return closed;
  }

  /** Ends all waiting, now and later. */
  void close() {
    closed = true;
    shards.values().forEach(Shard::wakeAll);
    advanceLock.lock();
    try {
      advanced.signalAll();
    } finally {
      advanceLock.unlock();
    }
  }

  private Shard shard(ShardId shard) {
    return shards.computeIfAbsent(shard, id -> new Shard());
  }

  /** Somebody who waits; equal only to itself, since the latch is. */
  private record Waiter(long position, CountDownLatch woken) {}

  private static final class Shard {
    private final ReentrantLock lock = new ReentrantLock();
    private final PriorityQueue<Waiter> waiters =
        new PriorityQueue<>(comparingLong(Waiter::position));
    private volatile long position = -1;

    long position() {
      return position;
    }

    /** False if that was known. */
    boolean advance(long to) {
      if (to <= position) {
        return false;
      }
      lock.lock();
      try {
        if (to <= position) {
          return false;
        }
        position = Math.max(position, to);
        for (Waiter next = waiters.peek();
            next != null && next.position() <= position;
            next = waiters.peek()) {
          waiters.remove();
          next.woken().countDown();
        }
        return true;
      } finally {
        lock.unlock();
      }
    }

    boolean addUnlessReached(Waiter waiter) {
      if (position >= waiter.position()) {
        return false;
      }
      lock.lock();
      try {
        return position < waiter.position() && waiters.add(waiter);
      } finally {
        lock.unlock();
      }
    }

    void remove(Waiter waiter) {
      if (waiter.woken().getCount() == 0) {
        return;
      }
      lock.lock();
      try {
        waiters.remove(waiter);
      } finally {
        lock.unlock();
      }
    }

    void wakeAll() {
      lock.lock();
      try {
        waiters.forEach(waiter -> waiter.woken().countDown());
        waiters.clear();
      } finally {
        lock.unlock();
      }
    }
  }
}

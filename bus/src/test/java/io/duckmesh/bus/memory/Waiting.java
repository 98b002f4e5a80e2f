package io.duckmesh.bus.memory;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;

/** How a claim waits that can not claim yet. */
@FunctionalInterface
public interface Waiting {
  /**
   * Waits until the log changes, at most so long; may return early.
   *
   * @return false if the claim is to give up instead of looking again
   */
  boolean await(Condition changed, Duration atMost) throws InterruptedException;

  /** Waits in real time; the log's clock must run in real time, too. */
  @SuppressWarnings("WaitNotInLoop") // The claim looks again after every return.
  static Waiting inRealTime() {
    return (changed, atMost) -> {
      changed.await(Math.max(1, atMost.toNanos()), TimeUnit.NANOSECONDS);
      return true;
    };
  }

  /** Never waits: what can not be claimed at this instant is not claimed. For fixed clocks. */
  static Waiting none() {
    return (changed, atMost) -> false;
  }
}

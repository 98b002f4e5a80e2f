package io.duckmesh.bus;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition with a deadline. */
public final class Eventually {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private Eventually() {}

  /** Returns when the condition holds; fails with the description after 20 s. */
  public static void eventually(String description, BooleanSupplier condition) {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("Not within " + DEADLINE + ": " + description);
      }
      LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
    }
  }
}

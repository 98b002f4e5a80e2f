package io.duckmesh.workflows.schedule;

import org.jspecify.annotations.Nullable;

/** When something is due that repeats. Times are milliseconds since 1970. */
final class Ticks {
  /** What was due longer ago, while nobody could start it, is left out. */
  static final long CATCH_UP_MILLIS = 60_000;

  private Ticks() {}

  /**
   * The first multiple of the interval after the last one; not one that is further in the past than
   * what is caught up.
   *
   * @param lastMillis when it was due last, null if never
   */
  static long next(@Nullable Long lastMillis, long everyMillis, long nowMillis) {
    long after = Math.max(lastMillis == null ? nowMillis : lastMillis, nowMillis - CATCH_UP_MILLIS);
    // A clock that was put back must not stop everything until it is where it was.
    return (Math.min(after, nowMillis) / everyMillis + 1) * everyMillis;
  }
}

package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;

/**
 * Hours of the day in UTC, for example from 01:00 until before 05:00; over midnight if it ends
 * before it begins.
 */
public record UpkeepWindow(LocalTime from, LocalTime until) {
  /** The whole day, for a table whose tenant has a window. */
  public static final UpkeepWindow ALWAYS = new UpkeepWindow(LocalTime.MIN, LocalTime.MAX);

  public UpkeepWindow {
    requireNonNull(from, "from is null");
    requireNonNull(until, "until is null");
    if (from.equals(until)) {
      throw new IllegalArgumentException("Window is empty: %s to %s".formatted(from, until));
    }
  }

  /** Whether the window is open then. */
  public boolean contains(Instant time) {
    if (equals(ALWAYS)) {
      return true;
    }
    LocalTime now = LocalTime.ofInstant(time, ZoneOffset.UTC);
    boolean begun = !now.isBefore(from);
    boolean over = !now.isBefore(until);
    return from.isBefore(until) ? begun && !over : begun || !over;
  }

  @Override
  public String toString() {
    return equals(ALWAYS) ? "always" : from + " to " + until + " UTC";
  }
}

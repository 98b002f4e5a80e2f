package io.duckmesh.api.json;

import java.time.Instant;

/** The times that requests may name. */
public final class Times {
  private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant END = Instant.parse("+10000-01-01T00:00:00Z");

  private Times() {}

  /** Whether the time is in the years 0001 to 9999 of UTC, the ones that RFC 3339 can write. */
  public static boolean possible(Instant time) {
    return !time.isBefore(FIRST) && time.isBefore(END);
  }
}

package io.duckmesh.api.query;

import java.time.Instant;

/** The times that a query may go back to. */
final class TimeTravel {
  private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant END = Instant.parse("+10000-01-01T00:00:00Z");

  private TimeTravel() {}

  /** Whether the time is in the years 0001 to 9999 of UTC, the ones that RFC 3339 can write. */
  static boolean possible(Instant time) {
    return !time.isBefore(FIRST) && time.isBefore(END);
  }
}

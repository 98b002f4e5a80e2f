package io.duckmesh.activities.materialize;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The time of this machine, and later than that once it was moved. */
final class MovableClock extends Clock {
  private volatile Duration ahead = Duration.ZERO;

  void advance(Duration time) {
    ahead = ahead.plus(time);
  }

  @Override
  public Instant instant() {
    return Clock.systemUTC().instant().plus(ahead);
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return Clock.fixed(instant(), zone);
  }
}

package io.duckmesh.activities.schedule;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How often jobs run by themselves; zero: never.
 *
 * @param compact how often it is looked for tables with files to merge
 * @param reconcile how often schedules are compared with what is wanted
 * @param runsKept how long it is kept what runs did
 */
public record ScheduleSettings(
    Duration compact,
    Duration expire,
    Duration verify,
    Duration collect,
    Duration reconcile,
    Duration runsKept) {
  public static final ScheduleSettings DEFAULTS =
      new ScheduleSettings(
          Duration.ofSeconds(10),
          Duration.ofHours(1),
          Duration.ofDays(1),
          Duration.ofMinutes(10),
          Duration.ofSeconds(30),
          Duration.ofDays(30));

  public ScheduleSettings {
    requireNonNull(compact, "compact is null");
    requireNonNull(expire, "expire is null");
    requireNonNull(verify, "verify is null");
    requireNonNull(collect, "collect is null");
    requireNonNull(reconcile, "reconcile is null");
    requireNonNull(runsKept, "runsKept is null");
  }

  public ScheduleSettings withIntervals(
      Duration compact, Duration expire, Duration verify, Duration collect) {
    return new ScheduleSettings(compact, expire, verify, collect, reconcile, runsKept);
  }

  public ScheduleSettings withReconcile(Duration reconcile) {
    return new ScheduleSettings(compact, expire, verify, collect, reconcile, runsKept);
  }

  public ScheduleSettings withRunsKept(Duration runsKept) {
    return new ScheduleSettings(compact, expire, verify, collect, reconcile, runsKept);
  }
}

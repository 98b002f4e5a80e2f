package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

/**
 * Where a query's time went; microseconds are kept.
 *
 * @param parse until the statement was checked
 * @param await waiting for the writes of its tokens
 * @param queue waiting for a slot
 * @param bind finding the snapshot and its files, and preparing the tables
 * @param fetch getting files that were not on the gateway
 * @param run computing
 * @param write writing the answer, with what was computed meanwhile
 */
public record QueryTimes(
    Duration parse,
    Duration await,
    Duration queue,
    Duration bind,
    Duration fetch,
    Duration run,
    Duration write) {
  public static final QueryTimes NONE =
      new QueryTimes(
          Duration.ZERO,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ZERO);

  public QueryTimes {
    parse = micros(parse);
    await = micros(await);
    queue = micros(queue);
    bind = micros(bind);
    fetch = micros(fetch);
    run = micros(run);
    write = micros(write);
  }

  private static Duration micros(Duration duration) {
    return requireNonNull(duration, "duration is null").truncatedTo(ChronoUnit.MICROS);
  }
}

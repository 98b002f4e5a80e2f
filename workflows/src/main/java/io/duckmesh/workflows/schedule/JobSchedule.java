package io.duckmesh.workflows.schedule;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * A job that is to run by itself.
 *
 * @param id unique among schedules, for example {@code expire/default}
 * @param job which job
 * @param tenant whose, empty for a job of all tenants
 * @param every time from one start to the next, at least a second
 * @param timeout how long a run may take until it is ended, so that later ones are not skipped for
 *     ever
 */
public record JobSchedule(
    String id, ScheduledJob job, String tenant, Duration every, Duration timeout) {
  public JobSchedule {
    requireNonNull(id, "id is null");
    requireNonNull(job, "job is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(every, "every is null");
    requireNonNull(timeout, "timeout is null");
    if (every.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("Interval must be a second at least: " + every);
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("Timeout must be positive: " + timeout);
    }
  }
}

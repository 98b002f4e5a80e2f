package io.duckmesh.workflows.schedule;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a schedule starts.
 *
 * @param scheduleId the schedule
 * @param job name of a {@link ScheduledJob}
 * @param tenant whose, empty for a job of all tenants
 * @param everyMillis time from one start to the next
 * @param timeoutMillis how long the run may take
 * @param searchAttributes whether the server knows {@link io.duckmesh.workflows.SearchAttributes}
 */
public record ScheduledRun(
    String scheduleId,
    String job,
    String tenant,
    long everyMillis,
    long timeoutMillis,
    @Nullable Boolean searchAttributes) {
  public ScheduledRun {
    requireNonNull(scheduleId, "scheduleId is null");
    requireNonNull(job, "job is null");
    requireNonNull(tenant, "tenant is null");
    searchAttributes = searchAttributes != null && searchAttributes;
  }

  /** What the schedule starts. */
  public static ScheduledRun of(JobSchedule schedule, boolean searchAttributes) {
    return new ScheduledRun(
        schedule.id(),
        schedule.job().name(),
        schedule.tenant(),
        schedule.every().toMillis(),
        schedule.timeout().toMillis(),
        searchAttributes);
  }

  /** The schedule that starts it. */
  JobSchedule schedule() {
    return new JobSchedule(
        scheduleId,
        ScheduledJob.valueOf(job),
        tenant,
        Duration.ofMillis(everyMillis),
        Duration.ofMillis(timeoutMillis));
  }
}

package io.duckmesh.activities.schedule;

import io.duckmesh.catalog.TenantId;
import io.duckmesh.workflows.compact.CompactStarts;
import io.duckmesh.workflows.schedule.JobSchedule;
import io.duckmesh.workflows.schedule.ScheduledJob;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Which schedules there should be, by settings and policies alone. */
public final class WantedSchedules {
  /** Runs that take longer are ended, so that one that hangs does not keep others from starting. */
  private static final int TIMEOUT_PERCENT = 92;

  private static final Duration COLLECT_TIMEOUT = Duration.ofHours(1);

  private WantedSchedules() {}

  /** Id of the schedule that starts merging for a tenant. */
  public static String compact(TenantId tenant) {
    return "compact/" + tenant;
  }

  /**
   * What is wanted for the tenants.
   *
   * @param compacts whether some table of the tenant wants its files merged
   */
  static List<JobSchedule> of(
      ScheduleSettings settings, List<TenantId> tenants, Predicate<TenantId> compacts) {
    List<JobSchedule> wanted = new ArrayList<>();
    for (TenantId tenant : tenants) {
      if (isWanted(settings.compact()) && compacts.test(tenant)) {
        wanted.add(
            new JobSchedule(
                compact(tenant),
                ScheduledJob.COMPACT_DUE,
                tenant.value(),
                settings.compact(),
                CompactStarts.LONGEST_LOOK));
      }
      if (isWanted(settings.expire())) {
        wanted.add(
            new JobSchedule(
                "expire/" + tenant,
                ScheduledJob.EXPIRE,
                tenant.value(),
                settings.expire(),
                timeout(settings.expire())));
      }
      if (isWanted(settings.verify())) {
        wanted.add(
            new JobSchedule(
                "verify/" + tenant,
                ScheduledJob.VERIFY,
                tenant.value(),
                settings.verify(),
                timeout(settings.verify())));
      }
    }
    if (isWanted(settings.collect())) {
      // What is deleted stays deleted when a run is ended, so that a long one does no harm.
      wanted.add(
          new JobSchedule(
              "collect", ScheduledJob.COLLECT, "", settings.collect(), COLLECT_TIMEOUT));
    }
    return wanted;
  }

  private static boolean isWanted(Duration every) {
    return !every.isZero();
  }

  private static Duration timeout(Duration every) {
    return every.multipliedBy(TIMEOUT_PERCENT).dividedBy(100);
  }
}

package io.duckmesh.activities.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.TenantId;
import io.duckmesh.workflows.schedule.JobSchedule;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class WantedSchedulesTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId LAB = new TenantId("lab");

  @Test
  void everyTenantHasItsSchedulesAndCollectionIsForAll() {
    assertThat(WantedSchedules.of(ScheduleSettings.DEFAULTS, List.of(ACME, LAB), tenant -> true))
        .extracting(JobSchedule::id)
        .containsExactlyInAnyOrder(
            "compact/acme",
            "expire/acme",
            "verify/acme",
            "compact/lab",
            "expire/lab",
            "verify/lab",
            "collect");
  }

  @Test
  void tenantThatWantsNoFilesMergedHasNoScheduleForIt() {
    assertThat(WantedSchedules.of(ScheduleSettings.DEFAULTS, List.of(ACME, LAB), LAB::equals))
        .extracting(JobSchedule::id)
        .contains("compact/lab", "expire/acme")
        .doesNotContain("compact/acme");
  }

  @Test
  void intervalOfZeroMeansNever() {
    ScheduleSettings settings =
        ScheduleSettings.DEFAULTS.withIntervals(
            Duration.ZERO, Duration.ofMinutes(10), Duration.ZERO, Duration.ZERO);

    assertThat(WantedSchedules.of(settings, List.of(ACME), tenant -> true))
        .singleElement()
        .satisfies(
            schedule -> {
              assertThat(schedule.id()).isEqualTo("expire/acme");
              assertThat(schedule.every()).isEqualTo(Duration.ofMinutes(10));
              assertThat(schedule.timeout())
                  .isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
            });
  }
}

package io.duckmesh.activities.materialize;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.activities.compact.CompactHints;
import io.duckmesh.activities.compact.CompactSettings;
import io.duckmesh.activities.compact.DueFinder;
import io.duckmesh.activities.schedule.ScheduleSettings;
import io.duckmesh.activities.schedule.ServerSchedules;
import io.duckmesh.activities.schedule.UpkeepReconciler;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import io.duckmesh.testing.TemporalServer;
import io.duckmesh.workflows.schedule.ScheduleState;
import io.duckmesh.workflows.schedule.Schedules;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Schedules that follow what is wanted, on a real Temporal and PostgreSQL. */
class SchedulesIT {
  private static final ScheduleSettings SETTINGS =
      ScheduleSettings.DEFAULTS.withReconcile(Duration.ofMillis(200));

  private static TemporalServer server;

  private Lake lake;
  private Materializer materializer;
  private Schedules schedules;

  @BeforeAll
  static void start() {
    // Not shared: a reconciler removes what it does not know.
    server = TemporalServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void open() throws IOException {
    lake = Lake.alone();
    materializer = new Materializer(lake, server);
    schedules = new ServerSchedules(materializer.client).schedules();
  }

  @AfterEach
  void close() throws IOException {
    schedules.list().forEach(schedule -> schedules.remove(schedule.id()));
    materializer.terminateWorkflow();
    materializer.close();
    lake.close();
  }

  @Test
  void schedulesFollowPoliciesAndSettingsAndAPauseStays() {
    lake.createTable("flights");
    String compact = "compact/" + lake.tenant;
    String expire = "expire/" + lake.tenant;
    try (UpkeepReconciler first = reconciler(SETTINGS);
        UpkeepReconciler second = reconciler(SETTINGS)) {
      first.start();
      second.start();
      Await.until(
          "schedules are made",
          () -> ids().equals(List.of("collect", compact, expire, "verify/" + lake.tenant)));
      schedules.pause(expire, "by a test");
      lake.upkeep
          .policies()
          .set(lake.tenant, new UpkeepPolicy(false, null, null, null, null, null));
      Await.until("no file is to be merged", () -> !ids().contains(compact));
      lake.upkeep.policies().set(lake.tenant, UpkeepPolicy.NONE);
      Await.until("files are to be merged again", () -> ids().contains(compact));
    }
    ScheduleSettings changed =
        SETTINGS.withIntervals(
            Duration.ofSeconds(20), Duration.ofMinutes(30), Duration.ZERO, Duration.ofMinutes(5));
    try (UpkeepReconciler reconciler = reconciler(changed)) {
      reconciler.start();
      Await.until("settings are followed", () -> ids().equals(List.of("collect", compact, expire)));
      Await.until(
          "intervals are followed", () -> find(expire).every().equals(Duration.ofMinutes(30)));
    }
    assertThat(find(expire).paused()).isTrue();
    assertThat(find(compact).paused()).isFalse();
  }

  @Test
  void filesAreMergedByThemselves() throws Exception {
    TableInfo flights = lake.createTable("flights");
    materializer.startWorkflow();
    for (int i = 0; i < 20; i++) {
      lake.awaitLanded(lake.publish(lake.segment(flights, i)));
    }
    try (UpkeepReconciler reconciler =
        reconciler(
            SETTINGS.withIntervals(
                Duration.ofSeconds(1), Duration.ZERO, Duration.ZERO, Duration.ZERO))) {
      reconciler.start();

      Await.until("files are merged", Duration.ofMinutes(2), () -> lake.files(flights).size() == 1);
    }
    assertThat(lake.visibleIds(flights)).hasSize(20).doesNotHaveDuplicates();
  }

  @Test
  void hintStartsMergingLongBeforeTheScheduleDoes() throws Exception {
    TableInfo flights = lake.createTable("flights");
    materializer.startWorkflow();
    try (UpkeepReconciler reconciler =
            reconciler(
                SETTINGS.withIntervals(
                    Duration.ofDays(30), Duration.ZERO, Duration.ZERO, Duration.ZERO));
        CompactHints hints =
            new CompactHints(
                new ServerSchedules(materializer.client),
                lake.upkeep,
                new DueFinder(lake.upkeep, lake.clock),
                CompactSettings.defaults())) {
      reconciler.start();
      Await.until("schedule is made", () -> ids().contains("compact/" + lake.tenant));
      hints.start();
      for (int i = 0; i < 20; i++) {
        lake.awaitLanded(lake.publish(lake.segment(flights, i)));
        hints.landed(lake.tenant);
      }

      Await.until("files are merged", Duration.ofMinutes(2), () -> lake.files(flights).size() < 8);
    }
    assertThat(lake.visibleIds(flights)).hasSize(20).doesNotHaveDuplicates();
  }

  private UpkeepReconciler reconciler(ScheduleSettings settings) {
    return new UpkeepReconciler(
        new ServerSchedules(materializer.client), lake.catalog, lake.upkeep, settings, lake.clock);
  }

  private List<String> ids() {
    return schedules.list().stream().map(ScheduleState::id).toList();
  }

  private ScheduleState find(String id) {
    return schedules.list().stream()
        .filter(schedule -> schedule.id().equals(id))
        .findFirst()
        .orElseThrow();
  }
}

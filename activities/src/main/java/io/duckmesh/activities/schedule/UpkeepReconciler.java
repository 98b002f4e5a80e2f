package io.duckmesh.activities.schedule;

import io.duckmesh.activities.Background;
import io.duckmesh.activities.Rounds;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.TablePolicy;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.workflows.schedule.JobSchedule;
import io.duckmesh.workflows.schedule.ScheduleState;
import io.duckmesh.workflows.schedule.Schedules;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes, changes and removes schedules, again and again, until they are what settings and policies
 * want; one that is paused stays so. Forgets old runs. Any number of processes with the same
 * settings may run one.
 */
public final class UpkeepReconciler implements Background {
  private static final Logger log = LoggerFactory.getLogger(UpkeepReconciler.class);

  private static final Duration FORGET_INTERVAL = Duration.ofHours(1);
  private static final int FORGET_PAGE = 1_000;

  private final ServerSchedules server;
  private final Catalog catalog;
  private final Upkeep upkeep;
  private final ScheduleSettings settings;
  private final Clock clock;
  private final Rounds rounds;
  private Instant forgetAt;

  public UpkeepReconciler(
      ServerSchedules server,
      Catalog catalog,
      Upkeep upkeep,
      ScheduleSettings settings,
      Clock clock) {
    this.server = server;
    this.catalog = catalog;
    this.upkeep = upkeep;
    this.settings = settings;
    this.clock = clock;
    this.forgetAt = clock.instant();
    this.rounds = new Rounds("duckmesh-upkeep-reconciler", settings.reconcile(), this::reconcile);
  }

  @Override
  public void start() {
    rounds.start();
  }

  /** Ends the thread; schedules stay. */
  @Override
  public void close() {
    rounds.close();
  }

  /** One round. */
  void reconcile() {
    forgetRuns();
    Schedules schedules = server.schedules();
    List<JobSchedule> wanted =
        WantedSchedules.of(settings, catalog.tenants().list(), this::compacts);
    Map<String, ScheduleState> there =
        schedules.list().stream().collect(Collectors.toMap(ScheduleState::id, Function.identity()));
    for (JobSchedule schedule : wanted) {
      ScheduleState state = there.remove(schedule.id());
      if (state == null
          || !state.every().equals(schedule.every())
          || !state.timeout().equals(schedule.timeout())) {
        schedules.put(schedule);
        log.info(
            "Schedule {} id={} every={} timeout={}",
            state == null ? "made" : "changed",
            schedule.id(),
            schedule.every(),
            schedule.timeout());
      }
    }
    for (String id : there.keySet()) {
      schedules.remove(id);
      log.info("Schedule removed id={}", id);
    }
  }

  /** A tenant without tables has nothing to look for, and may have some soon. */
  private boolean compacts(TenantId tenant) {
    List<TablePolicy> tables = upkeep.policies().list(tenant);
    return tables.isEmpty() || tables.stream().anyMatch(TablePolicy::compact);
  }

  private void forgetRuns() {
    Instant now = clock.instant();
    if (now.isBefore(forgetAt)) {
      return;
    }
    int forgotten;
    do {
      forgotten = upkeep.runs().forget(now.minus(settings.runsKept()), FORGET_PAGE);
    } while (forgotten == FORGET_PAGE);
    forgetAt = now.plus(FORGET_INTERVAL);
  }
}

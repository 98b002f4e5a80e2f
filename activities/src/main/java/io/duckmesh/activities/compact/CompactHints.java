package io.duckmesh.activities.compact;

import io.duckmesh.activities.Background;
import io.duckmesh.activities.Rounds;
import io.duckmesh.activities.materialize.LandingListener;
import io.duckmesh.activities.schedule.ServerSchedules;
import io.duckmesh.activities.schedule.WantedSchedules;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.compaction.CompactionPlanner;
import io.duckmesh.catalog.upkeep.DueTable;
import io.duckmesh.catalog.upkeep.LiveFile;
import io.duckmesh.catalog.upkeep.TablePolicy;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.workflows.RunStart;
import io.duckmesh.workflows.compact.CompactInput;
import io.duckmesh.workflows.compact.CompactStarts;
import io.duckmesh.workflows.schedule.ScheduleState;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts merging of tables soon after batches have made many small files, before the schedule looks
 * for them. Whoever lands a batch only leaves a note; all else is on another thread, and a hint
 * that is lost is the schedule's affair. A schedule that is paused silences hints, too.
 */
public final class CompactHints implements LandingListener, Background {
  private static final Logger log = LoggerFactory.getLogger(CompactHints.class);

  private static final Duration INTERVAL = Duration.ofSeconds(2);

  /** A table that had a run started is not looked at again for so long. */
  private static final Duration PAUSE = Duration.ofSeconds(20);

  /** Listing asks the server for each schedule. */
  private static final Duration LIST_INTERVAL = Duration.ofSeconds(15);

  private static final int FILES_LOOKED_AT = 1_000;
  private static final int MOST_TABLES = 10;

  private final ServerSchedules server;
  private final Upkeep upkeep;
  private final DueFinder finder;
  private final CompactSettings settings;
  private final Rounds rounds;
  private final Set<TenantId> landed = ConcurrentHashMap.newKeySet();
  private final Map<TableId, Long> startedAtNanos = new HashMap<>();
  private Set<String> scheduled = Set.of();
  private long listedAtNanos = System.nanoTime() - LIST_INTERVAL.toNanos();

  public CompactHints(
      ServerSchedules server, Upkeep upkeep, DueFinder finder, CompactSettings settings) {
    this.server = server;
    this.upkeep = upkeep;
    this.finder = finder;
    this.settings = settings;
    this.rounds = new Rounds("duckmesh-compact-hints", INTERVAL, this::look);
  }

  @Override
  public void landed(TenantId tenant) {
    landed.add(tenant);
  }

  @Override
  public void start() {
    rounds.start();
  }

  /** Ends the thread; runs that were started go on. */
  @Override
  public void close() {
    rounds.close();
  }

  private void look() {
    List<TenantId> tenants = List.copyOf(landed);
    if (tenants.isEmpty()) {
      return;
    }
    tenants.forEach(landed::remove);
    long now = System.nanoTime();
    startedAtNanos.values().removeIf(at -> now - at > PAUSE.toNanos());
    for (TenantId tenant : tenants) {
      List<DueTable> due =
          finder.find(tenant).stream()
              .filter(table -> !startedAtNanos.containsKey(table.table()) && isWorthwhile(table))
              .limit(MOST_TABLES)
              .toList();
      if (!due.isEmpty() && isScheduled(tenant)) {
        due.forEach(table -> start(tenant, table));
      }
    }
  }

  /** Whether there is something to merge, as far as a look at some files tells. */
  private boolean isWorthwhile(DueTable due) {
    TablePolicy policy = upkeep.policies().effective(due.table());
    List<LiveFile> files = upkeep.rewrites().liveFiles(due.table(), null, FILES_LOOKED_AT);
    return !new CompactionPlanner(settings.planning().withTargetFileBytes(policy.targetFileBytes()))
        .plan(files)
        .isEmpty();
  }

  private boolean isScheduled(TenantId tenant) {
    if (System.nanoTime() - listedAtNanos > LIST_INTERVAL.toNanos()) {
      scheduled =
          server.schedules().list().stream()
              .filter(schedule -> !schedule.paused())
              .map(ScheduleState::id)
              .collect(Collectors.toSet());
      listedAtNanos = System.nanoTime();
    }
    return scheduled.contains(WantedSchedules.compact(tenant));
  }

  private void start(TenantId tenant, DueTable due) {
    RunStart run =
        CompactStarts.start(
            server.client(),
            CompactInput.scheduled(
                tenant.value(), due.table().toString(), due.name(), server.searchAttributes()));
    startedAtNanos.put(due.table(), System.nanoTime());
    if (run.started()) {
      log.info("Merging started table={} run_id={}", due.name(), run.runId());
    }
  }
}

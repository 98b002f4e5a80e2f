package io.duckmesh.activities.compact;

import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.DueTable;
import io.duckmesh.catalog.upkeep.RunFilter;
import io.duckmesh.catalog.upkeep.TablePolicy;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.catalog.upkeep.UpkeepJob;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Knows which tables have changed, want their files merged, and may have them merged now. */
public final class DueFinder {
  /** How long a table is left alone whose last run failed: somebody has to mend its cause. */
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMinutes(5);

  private static final int RUNS_LOOKED_AT = 200;

  private final Upkeep upkeep;
  private final Clock clock;

  public DueFinder(Upkeep upkeep, Clock clock) {
    this.upkeep = upkeep;
    this.clock = clock;
  }

  /** Tables that are due, those first that have waited longest. */
  public List<DueTable> find(TenantId tenant) {
    List<DueTable> changed = upkeep.rewrites().due(tenant);
    if (changed.isEmpty()) {
      return changed;
    }
    Instant now = clock.instant();
    Map<TableId, TablePolicy> policies =
        upkeep.policies().list(tenant).stream()
            .collect(Collectors.toMap(TablePolicy::table, Function.identity()));
    Set<TableId> failed = failed(tenant, now.minus(PAUSE_AFTER_FAILURE));
    return changed.stream()
        .filter(
            due -> {
              TablePolicy policy = policies.get(due.table());
              return policy != null
                  && policy.compact()
                  && policy.isOpen(now)
                  && !failed.contains(due.table());
            })
        .sorted(Comparator.comparing(DueTable::changedIn))
        .toList();
  }

  private Set<TableId> failed(TenantId tenant, Instant since) {
    return upkeep.runs().list(tenant, RunFilter.ALL, RUNS_LOOKED_AT).stream()
        .filter(
            run ->
                run.draft().job() == UpkeepJob.COMPACT
                    && run.state() == UpkeepRun.State.FAILED
                    && run.finishedAt() != null
                    && run.finishedAt().isAfter(since))
        .map(run -> run.draft().table())
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }
}

package io.duckmesh.catalog.upkeep;

import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.UpkeepRun.State;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What jobs did. Runs of verify are in {@link io.duckmesh.catalog.Verifications}. */
public interface Runs {
  /**
   * Begins a run; runs of the same job, tenant and table that have not finished are abandoned, dry
   * runs apart from others. Repeatable: a run that was begun before is answered as it is.
   */
  UpkeepRun begin(RunDraft draft);

  /**
   * Says how far the run is. Does nothing if it has finished.
   *
   * @param plan what it is to do, in words; null leaves it
   */
  void advance(String runId, RunCounts counts, @Nullable String plan);

  /**
   * Finishes the run. Repeatable: one that has finished, or was abandoned, stays as it is.
   *
   * @param state how it ended: not {@link State#RUNNING}
   * @throws IllegalArgumentException if there is no such run
   */
  UpkeepRun finish(String runId, State state, RunCounts counts, String outcome);

  Optional<UpkeepRun> find(String runId);

  /** Runs of the tenant and those of all tenants, the newest first. */
  List<UpkeepRun> list(TenantId tenant, RunFilter filter, int limit);

  /** Runs of the tenant and those of all tenants by job and state. */
  List<RunTally> tally(TenantId tenant);

  /**
   * Forgets runs that finished before that time, at most so many.
   *
   * @return how many
   */
  int forget(Instant before, int limit);
}

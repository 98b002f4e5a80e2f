package io.duckmesh.api.upkeep;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.GarbageCounts;
import io.duckmesh.catalog.upkeep.RunTally;
import io.duckmesh.catalog.upkeep.TableFiles;
import io.duckmesh.catalog.upkeep.Upkeep;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be done. Counting reads an entry of every file, so what was counted is remembered
 * for a moment. May be used from any thread.
 */
public final class UpkeepBacklog {
  private static final int MAX_TENANTS = 1_000;

  private final Upkeep upkeep;
  private final Clock clock;
  private final Duration fresh;
  private final Cache<TenantId, Counted> tenants;
  private final ReentrantLock counting = new ReentrantLock();
  private @Nullable GarbageCounts garbage;
  private Instant garbageAt = Instant.MIN;

  /**
   * @param fresh how old an answer may be
   */
  public UpkeepBacklog(Upkeep upkeep, Clock clock, Duration fresh) {
    this.upkeep = upkeep;
    this.clock = clock;
    this.fresh = fresh;
    this.tenants = Caffeine.newBuilder().maximumSize(MAX_TENANTS).expireAfterWrite(fresh).build();
  }

  /**
   * What there is of a tenant.
   *
   * @param tables live ones, by name
   */
  record Counted(List<TableFiles> tables, List<RunTally> runs, Instant at) {
    Counted {
      tables = List.copyOf(tables);
      runs = List.copyOf(runs);
    }
  }

  Counted of(TenantId tenant) {
    return tenants.get(
        tenant,
        missing ->
            new Counted(
                upkeep.rewrites().count(missing), upkeep.runs().tally(missing), clock.instant()));
  }

  /** Garbage of all tenants. */
  GarbageCounts garbage() {
    counting.lock();
    try {
      GarbageCounts counts = garbage;
      if (counts == null || !garbageAt.plus(fresh).isAfter(clock.instant())) {
        counts = upkeep.garbage().counts();
        garbage = counts;
        garbageAt = clock.instant();
      }
      return counts;
    } finally {
      counting.unlock();
    }
  }

  /**
   * Rows written per row that is there, over its life so far, at most: 1 for files that were never
   * rewritten.
   */
  static double writeAmplification(TableFiles files) {
    return files.rows() == 0 ? 1 : 1 + (double) files.rewrittenRows() / files.rows();
  }
}

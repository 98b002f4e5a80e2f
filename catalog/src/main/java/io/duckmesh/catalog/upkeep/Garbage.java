package io.duckmesh.catalog.upkeep;

import io.duckmesh.catalog.TenantId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Objects that nothing refers to: marked, after the grace time swept, forgotten when they are
 * deleted. What is marked is never needed again: nothing that is published later can refer to it.
 */
public interface Garbage {
  /** Queries are protected for so long after they have bound their files, without a reader. */
  Duration LEAST_GRACE = Duration.ofMinutes(5);

  /** After so long, what was never published is deleted once more. */
  Duration SECOND_DELETION = Duration.ofDays(1);

  /**
   * Marks files that no readable snapshot has, and objects of writes and rewrites that can not be
   * committed any more; at most so many of each. Repeatable, until it is done.
   *
   * @param grace how long they stay, at least
   * @throws IllegalArgumentException if the grace time is shorter than {@link #LEAST_GRACE}
   */
  Marked mark(TenantId tenant, Duration grace, int limit);

  /**
   * What {@link #mark} would mark now, after that key (null: from the first), by key; with the time
   * of asking in place of the one from which they may be deleted.
   */
  List<GarbageObject> unmarked(TenantId tenant, @Nullable String after, int limit);

  /**
   * Garbage that may be deleted now, the oldest first; none that a reader has. Objects that were
   * {@link #failed} come back later, so asking again makes progress.
   */
  List<GarbageObject> due(int limit);

  /**
   * Garbage of the tenant that may be deleted now, after that key (null: from the first), by key.
   */
  List<GarbageObject> due(TenantId tenant, @Nullable String after, int limit);

  /** All garbage after that key (null: from the first), by key. */
  List<GarbageObject> list(@Nullable String after, int limit);

  /** Garbage of the tenant whose deletion has failed, the most failures first. */
  List<GarbageObject> failing(TenantId tenant, int limit);

  /**
   * Forgets objects that were deleted; those that were never published are due once more, since
   * their writers may have been about to finish them. Repeatable.
   */
  void deleted(Collection<String> objectKeys);

  /** Says why the objects could not be deleted; they are due again after a minute to an hour. */
  void failed(Collection<String> objectKeys, String reason);

  GarbageCounts counts();

  /** Those of the keys that the catalog knows nothing of: neither file nor garbage nor result. */
  Set<String> unknown(Collection<String> objectKeys);
}

package io.duckmesh.catalog;

import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How queries ended, kept for some days. */
public interface QueryHistory {
  /**
   * Keeps queries that have ended, all of them or none. Not repeatable: who calls again keeps them
   * twice.
   *
   * @throws IllegalArgumentException if one of them has not ended
   */
  void record(List<QueryRecord> queries);

  /** Finds a query that has ended; of several with the id, the one that was asked last. */
  Optional<QueryRecord> find(TenantId tenant, QueryId id);

  /**
   * Queries of the tenant, the one that was asked last first: those that have ended, as they ended,
   * and asynchronous ones that wait or run.
   *
   * @param after only those that come after this place, null from the first
   */
  List<QueryRecord> list(
      TenantId tenant, QueryFilter filter, @Nullable QueryCursor after, int limit);

  /** Forgets queries that were asked before that day in UTC. Repeatable. */
  void forgetBefore(LocalDate day);
}

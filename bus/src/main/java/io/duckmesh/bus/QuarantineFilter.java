package io.duckmesh.bus;

import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which entries of the quarantine are asked for.
 *
 * @param tables only entries of these tables, null for all
 * @param state only entries in this state, null for all
 * @param before only entries with a lower id, null from the newest on
 * @param limit most entries
 */
public record QuarantineFilter(
    @Nullable Set<UUID> tables,
    @Nullable QuarantineState state,
    @Nullable QuarantineId before,
    int limit) {
  /** The newest hundred, whatever they are. */
  public static final QuarantineFilter NEWEST = new QuarantineFilter(null, null, null, 100);

  public QuarantineFilter {
    tables = tables == null ? null : Set.copyOf(tables);
    if (limit < 1) {
      throw new IllegalArgumentException("Limit must be positive: " + limit);
    }
  }

  public QuarantineFilter withTables(Set<UUID> tables) {
    return new QuarantineFilter(tables, state, before, limit);
  }

  public QuarantineFilter withState(QuarantineState state) {
    return new QuarantineFilter(tables, state, before, limit);
  }

  public QuarantineFilter withBefore(QuarantineId before) {
    return new QuarantineFilter(tables, state, before, limit);
  }

  public QuarantineFilter withLimit(int limit) {
    return new QuarantineFilter(tables, state, before, limit);
  }
}

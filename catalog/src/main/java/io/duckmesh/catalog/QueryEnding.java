package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an asynchronous query ended.
 *
 * @param outcome {@code ok} or an error code in lower case
 * @param error why it did not succeed, null if it did
 * @param keepResult how long the object of the result stays: for clients if it succeeded, else
 *     until nobody can be writing it any more
 */
public record QueryEnding(
    QueryState state,
    String outcome,
    @Nullable String error,
    @Nullable SnapshotId snapshot,
    List<String> tables,
    QueryStats stats,
    Duration keepResult) {
  public QueryEnding {
    requireNonNull(state, "state is null");
    requireNonNull(outcome, "outcome is null");
    requireNonNull(stats, "stats is null");
    requireNonNull(keepResult, "keepResult is null");
    tables = List.copyOf(tables);
    if (!state.isFinished() || state == QueryState.EXPIRED) {
      throw new IllegalArgumentException("A query does not end as " + state);
    }
  }
}

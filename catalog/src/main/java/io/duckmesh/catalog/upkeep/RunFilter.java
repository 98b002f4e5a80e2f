package io.duckmesh.catalog.upkeep;

import io.duckmesh.catalog.TableId;
import org.jspecify.annotations.Nullable;

/**
 * Which runs are looked for.
 *
 * @param job null: any
 * @param table null: any, and runs of no table
 * @param state null: any
 * @param before those with smaller numbers, null: from the newest
 */
public record RunFilter(
    @Nullable UpkeepJob job,
    @Nullable TableId table,
    UpkeepRun.@Nullable State state,
    @Nullable Long before) {
  public static final RunFilter ALL = new RunFilter(null, null, null, null);
}

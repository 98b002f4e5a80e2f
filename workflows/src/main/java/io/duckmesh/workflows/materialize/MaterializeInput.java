package io.duckmesh.workflows.materialize;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a run starts with, and hands to the run that continues it.
 *
 * @param searchAttributes whether the server knows {@link io.duckmesh.workflows.SearchAttributes};
 *     without them the run keeps none
 * @param paused whether the run begins paused
 * @param totals what the runs before have done
 */
public record MaterializeInput(
    String shard,
    String tenant,
    @Nullable Boolean searchAttributes,
    @Nullable Boolean paused,
    @Nullable MaterializeTotals totals) {
  public MaterializeInput {
    requireNonNull(shard, "shard is null");
    requireNonNull(tenant, "tenant is null");
    searchAttributes = searchAttributes != null && searchAttributes;
    paused = paused != null && paused;
    totals = totals == null ? MaterializeTotals.NONE : totals;
  }

  /** The first run of a shard. */
  public static MaterializeInput first(String shard, String tenant, boolean searchAttributes) {
    return new MaterializeInput(shard, tenant, searchAttributes, null, null);
  }
}

package io.duckmesh.workflows.expire;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a run starts with, and hands to the run that continues it.
 *
 * @param dryRun whether it only plans
 * @param byHand whether somebody asked for it: windows do not bind it
 * @param searchAttributes whether the server knows {@link io.duckmesh.workflows.SearchAttributes};
 *     without them the run keeps none
 * @param progress what the runs before it in the chain have done, null at the beginning
 */
public record ExpireInput(
    String tenant,
    @Nullable Boolean dryRun,
    @Nullable Boolean byHand,
    @Nullable Boolean searchAttributes,
    @Nullable ExpireProgress progress) {
  public ExpireInput {
    requireNonNull(tenant, "tenant is null");
    dryRun = dryRun != null && dryRun;
    byHand = byHand != null && byHand;
    searchAttributes = searchAttributes != null && searchAttributes;
  }

  /** A run that nobody asked for. */
  public static ExpireInput scheduled(String tenant, boolean searchAttributes) {
    return new ExpireInput(tenant, false, false, searchAttributes, null);
  }

  /** A run that somebody asked for. */
  public static ExpireInput byHand(String tenant, boolean dryRun, boolean searchAttributes) {
    return new ExpireInput(tenant, dryRun, true, searchAttributes, null);
  }
}

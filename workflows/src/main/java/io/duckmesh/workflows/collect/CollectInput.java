package io.duckmesh.workflows.collect;

import org.jspecify.annotations.Nullable;

/**
 * What a run starts with, and hands to the run that continues it.
 *
 * @param dryRun whether it only counts
 * @param byHand whether somebody asked for it
 * @param progress what the runs before it in the chain have done, null at the beginning
 */
public record CollectInput(
    @Nullable Boolean dryRun, @Nullable Boolean byHand, @Nullable CollectProgress progress) {
  public CollectInput {
    dryRun = dryRun != null && dryRun;
    byHand = byHand != null && byHand;
  }

  /** A run that nobody asked for. */
  public static CollectInput scheduled() {
    return new CollectInput(false, false, null);
  }

  /** A run that somebody asked for. */
  public static CollectInput byHand(boolean dryRun) {
    return new CollectInput(dryRun, true, null);
  }
}

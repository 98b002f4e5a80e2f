package io.duckmesh.workflows.collect;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A slice of sweeping.
 *
 * @param after where a dry run goes on, null at the beginning; others go on by themselves
 * @param progress what the run has done so far, for the catalog
 */
public record SweepInput(
    String runId, boolean dryRun, @Nullable String after, CollectProgress progress) {
  public SweepInput {
    requireNonNull(runId, "runId is null");
    requireNonNull(progress, "progress is null");
  }
}

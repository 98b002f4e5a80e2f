package io.duckmesh.workflows.collect;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A slice of marking.
 *
 * @param after where a dry run goes on, null at the beginning; others go on by themselves
 * @param progress what the run has done so far, for the catalog
 */
public record MarkInput(
    String runId, String tenant, boolean dryRun, @Nullable String after, CollectProgress progress) {
  public MarkInput {
    requireNonNull(runId, "runId is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(progress, "progress is null");
  }
}

package io.duckmesh.workflows.collect;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How a run is to be recorded.
 *
 * @param outcome {@code succeeded} or {@code failed}
 * @param reason what was not done and why, in words; null if everything was
 */
public record CollectEnding(CollectRun run, String outcome, @Nullable String reason) {
  public CollectEnding {
    requireNonNull(run, "run is null");
    requireNonNull(outcome, "outcome is null");
  }
}

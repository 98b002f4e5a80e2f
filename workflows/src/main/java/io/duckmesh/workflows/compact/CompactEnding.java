package io.duckmesh.workflows.compact;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How a run is to be recorded.
 *
 * @param run the run, with what it has done
 * @param outcome {@code succeeded} or {@code failed}
 * @param reason why it ended, and what was not done, in words
 */
public record CompactEnding(CompactStep run, String outcome, @Nullable String reason) {
  public CompactEnding {
    requireNonNull(run, "run is null");
    requireNonNull(outcome, "outcome is null");
  }
}

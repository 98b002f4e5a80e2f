package io.duckmesh.workflows.compact;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How a run ended.
 *
 * @param outcome {@code succeeded}, {@code failed} if it did not do everything, or {@code
 *     abandoned} if another one began meanwhile
 * @param reason why it ended, and what was not done, in words
 * @param plan what a dry run would do, null of others
 */
public record CompactResult(
    String runId,
    String outcome,
    @Nullable String reason,
    CompactProgress progress,
    @Nullable CompactPlan plan,
    long millis) {
  public CompactResult {
    requireNonNull(runId, "runId is null");
    requireNonNull(outcome, "outcome is null");
    requireNonNull(progress, "progress is null");
  }

  CompactResult withPlan(CompactPlan shown) {
    return new CompactResult(runId, outcome, reason, progress, shown, millis);
  }
}

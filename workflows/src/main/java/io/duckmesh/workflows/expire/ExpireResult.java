package io.duckmesh.workflows.expire;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How a run ended.
 *
 * @param outcome {@code succeeded}, {@code failed} if it did not do everything, or {@code
 *     abandoned} if another one began meanwhile
 * @param reason what was not done and why, in words; null if everything was
 */
public record ExpireResult(
    String runId, String outcome, @Nullable String reason, ExpireProgress progress, long millis) {
  public ExpireResult {
    requireNonNull(runId, "runId is null");
    requireNonNull(outcome, "outcome is null");
    requireNonNull(progress, "progress is null");
  }
}

package io.duckmesh.workflows.schedule;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How a timer stands.
 *
 * @param paused why it is paused, null if it is not
 * @param started runs that it has started since its history began
 * @param skipped runs that it has not started since one was active
 */
public record TimerStatus(ScheduledRun run, @Nullable String paused, long started, long skipped) {
  public TimerStatus {
    requireNonNull(run, "run is null");
  }
}

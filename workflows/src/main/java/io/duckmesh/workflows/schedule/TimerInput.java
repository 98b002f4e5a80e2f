package io.duckmesh.workflows.schedule;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a timer starts with, and hands to the run that continues it.
 *
 * @param run what is started, and how often
 * @param paused why it is paused, null if it is not
 * @param lastMillis when something was due last, null before the first time
 */
public record TimerInput(ScheduledRun run, @Nullable String paused, @Nullable Long lastMillis) {
  public TimerInput {
    requireNonNull(run, "run is null");
  }
}

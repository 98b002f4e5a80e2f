package io.duckmesh.workflows.schedule;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/** A schedule as the server has it. */
public record ScheduleState(String id, Duration every, Duration timeout, boolean paused) {
  public ScheduleState {
    requireNonNull(id, "id is null");
    requireNonNull(every, "every is null");
    requireNonNull(timeout, "timeout is null");
  }
}

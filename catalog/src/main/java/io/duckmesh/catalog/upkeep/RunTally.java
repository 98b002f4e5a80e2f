package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * How many runs of a job ended alike, of those that are remembered; dry runs not counted.
 *
 * @param lastAt when the last of them began
 */
public record RunTally(UpkeepJob job, UpkeepRun.State state, long runs, Instant lastAt) {
  public RunTally {
    requireNonNull(job, "job is null");
    requireNonNull(state, "state is null");
    requireNonNull(lastAt, "lastAt is null");
  }
}

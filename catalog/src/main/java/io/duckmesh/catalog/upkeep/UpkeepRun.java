package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A run of a job.
 *
 * @param number the order of beginning
 * @param tableName null if the run is of all tables
 * @param finishedAt null while it is running
 * @param plan what it is to do, in words
 * @param outcome how it ended and, if it did not do everything, why and what to do about it
 */
public record UpkeepRun(
    long number,
    RunDraft draft,
    @Nullable String tableName,
    State state,
    Instant startedAt,
    @Nullable Instant finishedAt,
    RunCounts counts,
    @Nullable String plan,
    @Nullable String outcome) {
  /** How a run stands. */
  public enum State {
    RUNNING,
    SUCCEEDED,
    /** Ended without having done everything. */
    FAILED,
    /** Did not end: another one of the same job and subject has begun since. */
    ABANDONED
  }

  public UpkeepRun {
    requireNonNull(draft, "draft is null");
    requireNonNull(state, "state is null");
    requireNonNull(startedAt, "startedAt is null");
    requireNonNull(counts, "counts is null");
  }
}

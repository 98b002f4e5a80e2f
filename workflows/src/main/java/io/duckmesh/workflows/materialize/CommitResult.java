package io.duckmesh.workflows.materialize;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How a commit ended.
 *
 * @param outcome {@link #COMMITTED} or {@link #CONFLICT}
 * @param snapshotId the snapshot that has the batch, null after a conflict
 * @param visible events that became visible
 * @param duplicates events whose key had landed before
 * @param quarantined events that could not land
 * @param reason what the conflict was, in words
 * @param millis how long it took
 */
public record CommitResult(
    String outcome,
    @Nullable Long snapshotId,
    long visible,
    long duplicates,
    long quarantined,
    @Nullable String reason,
    long millis) {
  /** The batch has landed. */
  public static final String COMMITTED = "committed";

  /** Another write was first, or a table was dropped meanwhile; nothing was committed. */
  public static final String CONFLICT = "conflict";

  public CommitResult {
    requireNonNull(outcome, "outcome is null");
  }

  public static CommitResult conflict(String reason, long millis) {
    return new CommitResult(CONFLICT, null, 0, 0, 0, reason, millis);
  }
}

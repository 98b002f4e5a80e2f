package io.duckmesh.workflows.compact;

import org.jspecify.annotations.Nullable;

/**
 * A group that was published, or that others were faster than.
 *
 * @param snapshotId the snapshot that has it, null if it was not published
 * @param filesIn files that it ended
 * @param rowsIn rows that they had
 * @param filesOut files that took their place
 * @param rowsOut rows that these have
 * @param conflict why it was not published, in words
 */
public record PublishResult(
    boolean published,
    @Nullable Long snapshotId,
    int filesIn,
    long rowsIn,
    int filesOut,
    long rowsOut,
    @Nullable String conflict) {

  /** Nothing was changed. */
  public static PublishResult conflict(String reason) {
    return new PublishResult(false, null, 0, 0, 0, 0, reason);
  }
}

package io.duckmesh.workflows.compact;

import org.jspecify.annotations.Nullable;

/**
 * What a run has done so far; of a dry run, what it would do.
 *
 * @param rounds plans that had something to merge
 * @param groups groups that were published
 * @param conflicts groups that others were faster than
 * @param failures groups that failed for good
 * @param filesIn files that were merged
 * @param filesOut files that took their place
 * @param rows rows that were rewritten
 * @param bytesIn bytes of the files that were merged
 * @param bytesOut bytes of the files that took their place
 * @param failure why a group failed, null if none did
 */
public record CompactProgress(
    int rounds,
    long groups,
    long conflicts,
    long failures,
    long filesIn,
    long filesOut,
    long rows,
    long bytesIn,
    long bytesOut,
    @Nullable String failure) {
  public static final CompactProgress NONE = new CompactProgress(0, 0, 0, 0, 0, 0, 0, 0, 0, null);
}

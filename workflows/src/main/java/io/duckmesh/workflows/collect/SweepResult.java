package io.duckmesh.workflows.collect;

import org.jspecify.annotations.Nullable;

/**
 * What a slice of sweeping came to.
 *
 * @param deleted objects that were deleted; of a dry run, that would be
 * @param bytes bytes of them
 * @param failed objects that could not be deleted; they are tried again by later runs
 * @param reason why the last of them could not, null if all could
 * @param done whether nothing is left that may be deleted now
 * @param after where a dry run goes on
 */
public record SweepResult(
    long deleted,
    long bytes,
    long failed,
    @Nullable String reason,
    boolean done,
    @Nullable String after) {}

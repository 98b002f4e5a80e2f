package io.duckmesh.workflows.materialize;

import org.jspecify.annotations.Nullable;

/**
 * How waiting for events ended.
 *
 * @param batch what was claimed, null when nothing came in time
 * @param millis how long it took
 */
public record ClaimResult(@Nullable ClaimedBatch batch, long millis) {}

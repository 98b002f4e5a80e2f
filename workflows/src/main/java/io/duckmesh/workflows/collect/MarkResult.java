package io.duckmesh.workflows.collect;

import org.jspecify.annotations.Nullable;

/**
 * What a slice of marking came to.
 *
 * @param files objects that became garbage; of a dry run, that would
 * @param bytes bytes of them
 * @param done whether nothing is left to mark of the tenant
 * @param after where a dry run goes on
 */
public record MarkResult(long files, long bytes, boolean done, @Nullable String after) {}

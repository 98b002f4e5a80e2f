package io.duckmesh.workflows.compact;

/**
 * Files that are to be rewritten as one.
 *
 * @param rewriteId the rewrite in the catalog; 0 in a dry run, which begins none
 * @param files how many there are
 * @param rows rows that they have together
 * @param bytes bytes that they have together
 */
public record PlannedGroup(long rewriteId, int files, long rows, long bytes) {}

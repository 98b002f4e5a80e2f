package io.duckmesh.workflows.compact;

/**
 * What was started.
 *
 * @param due tables that have files to merge
 * @param started runs that were started
 * @param running tables that had a run already
 */
public record CompactDueResult(int due, int started, int running) {}

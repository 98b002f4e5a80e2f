package io.duckmesh.catalog.upkeep;

/**
 * What a call has marked.
 *
 * @param files objects that are garbage now
 * @param bytes of them
 * @param spans entries that are gone, of objects that are still needed too
 * @param done whether nothing is left to mark
 */
public record Marked(long files, long bytes, long spans, boolean done) {}

package io.duckmesh.catalog.upkeep;

/**
 * How much garbage there is.
 *
 * @param held due, but a reader has it
 * @param failing whose deletion has failed
 */
public record GarbageCounts(long objects, long bytes, long due, long held, long failing) {}

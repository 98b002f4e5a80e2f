package io.duckmesh.catalog;

/**
 * A commit of a shard whose details are not what it counted.
 *
 * @param after the position before its first one
 * @param upTo its last position
 * @param remembered whether its batch is there; if not, nothing else here is wrong
 * @param duplicates events that it counted as duplicates
 * @param quarantined events that it counted as quarantined, those without a known table included
 * @param outcomeDuplicates duplicates by the outcomes of its segments
 * @param outcomeQuarantined quarantined events by the outcomes of its segments
 */
public record UnevenCommit(
    long after,
    long upTo,
    boolean remembered,
    long duplicates,
    long quarantined,
    long outcomeDuplicates,
    long outcomeQuarantined) {}

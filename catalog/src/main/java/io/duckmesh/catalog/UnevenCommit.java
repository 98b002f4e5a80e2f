package io.duckmesh.catalog;

/**
 * A commit of a shard that counts other events than the outcomes of its segments.
 *
 * @param after the position before its first one
 * @param upTo its last position
 * @param duplicates events that it counted as duplicates
 * @param quarantined events that it counted as quarantined, those without a known table included
 * @param outcomeDuplicates duplicates by the outcomes of its segments
 * @param outcomeQuarantined quarantined events by the outcomes of its segments
 */
public record UnevenCommit(
    long after,
    long upTo,
    long duplicates,
    long quarantined,
    long outcomeDuplicates,
    long outcomeQuarantined) {}

package io.duckmesh.workflows.expire;

/**
 * Snapshots that have expired; in a dry run, that would.
 *
 * @param snapshots how many can not be read any more
 * @param before the tenant's first snapshot that could be read before
 * @param historyFrom the first one that can be read now, beside pinned ones
 * @param tables tables whose first snapshot has changed
 * @param pins pins that had lapsed and were removed
 */
public record ExpireStep(long snapshots, long before, long historyFrom, int tables, int pins) {}

package io.duckmesh.engine.objects.cache;

/**
 * What a cache did since it was opened and what it holds now. All zero over a local store.
 *
 * @param hits leases on files that were there, or on their way already
 * @param misses leases that began a download
 * @param evictions files deleted to make room
 * @param downloadedBytes bytes of all finished downloads
 * @param files files held, those on their way included
 * @param sizeBytes bytes of these
 * @param leasedFiles files with open leases, which are not deleted
 */
public record CacheStats(
    long hits,
    long misses,
    long evictions,
    long downloadedBytes,
    long files,
    long sizeBytes,
    long leasedFiles) {}

package io.duckmesh.workflows.verify;

import org.jspecify.annotations.Nullable;

/**
 * How far the files have been looked at.
 *
 * @param snapshotId files of snapshots up to this one are looked at
 * @param after object key of the last file that was looked at, null before the first one
 * @param shards shards that were looked at
 * @param files files that were looked at
 * @param bytes bytes of them
 * @param findings findings so far
 */
public record VerifyProgress(
    long snapshotId, @Nullable String after, int shards, long files, long bytes, long findings) {}

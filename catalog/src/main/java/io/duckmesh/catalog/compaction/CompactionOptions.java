package io.duckmesh.catalog.compaction;

import io.duckmesh.catalog.upkeep.Rewrites;

/**
 * How files are merged.
 *
 * @param targetFileBytes size of the files of a group together, at most; a file of half of it is
 *     full
 * @param maxFileRows rows that merged files have at most; a file of half as many is full
 * @param growth how many times as many rows as its largest file a group that grows has, at least 2
 * @param maxGroupFiles files that a group has at most
 */
public record CompactionOptions(
    long targetFileBytes, long maxFileRows, int growth, int maxGroupFiles) {
  public static final CompactionOptions DEFAULTS =
      new CompactionOptions(128L << 20, 10_000_000, 4, Rewrites.MOST_INPUTS);

  public CompactionOptions {
    if (targetFileBytes < 1 || maxFileRows < 1 || growth < 2 || maxGroupFiles < 2) {
      throw new IllegalArgumentException(
          "Not possible: files of %d bytes and %d rows, growth by %d, groups of %d files"
              .formatted(targetFileBytes, maxFileRows, growth, maxGroupFiles));
    }
  }

  public CompactionOptions withTargetFileBytes(long targetFileBytes) {
    return new CompactionOptions(targetFileBytes, maxFileRows, growth, maxGroupFiles);
  }

  /** Size from which on a file is full. */
  public long fullBytes() {
    return Math.max(1, targetFileBytes / 2);
  }

  /** Rows from which on a file is full. */
  public long fullRows() {
    return Math.max(1, maxFileRows / 2);
  }

  /**
   * How often a row is rewritten at most that landed in a file of so many rows: each time but the
   * last, the file that it is in gets several times as many rows and is not full.
   */
  public int mostRewrites(long landedRows) {
    int rewrites = 0;
    for (long rows = landedRows; rows < fullRows(); rows *= growth) {
      rewrites++;
    }
    return rewrites;
  }
}

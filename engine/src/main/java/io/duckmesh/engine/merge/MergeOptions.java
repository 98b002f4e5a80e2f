package io.duckmesh.engine.merge;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * What merges may take of the machine beside the memory that an order names.
 *
 * @param directory where files are fetched to and rows spilled, in a folder of each merger; one
 *     that opens deletes those of mergers whose process has ended
 * @param diskBytes most bytes that one merge has there
 * @param threads threads of one merge
 */
public record MergeOptions(Path directory, long diskBytes, int threads) {
  private static final long DISK_BYTES = 8L << 30;

  public MergeOptions {
    requireNonNull(directory, "directory is null");
    if (diskBytes < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "Not possible: %d bytes of disk, %d threads".formatted(diskBytes, threads));
    }
  }

  /** Options that leave the machine to others: one thread for each merge. */
  public static MergeOptions defaults(Path directory) {
    return new MergeOptions(directory, DISK_BYTES, 1);
  }

  public MergeOptions withDiskBytes(long diskBytes) {
    return new MergeOptions(directory, diskBytes, threads);
  }

  public MergeOptions withThreads(int threads) {
    return new MergeOptions(directory, diskBytes, threads);
  }
}

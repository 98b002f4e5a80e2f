package io.duckmesh.activities.compact;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.compaction.CompactionOptions;
import io.duckmesh.engine.merge.MergeOrder;

/**
 * How much of a process merging may take.
 *
 * @param rewritesAtOnce rewrites that run at the same time, at least 1
 * @param memoryBytes what each of them may take of the machine's memory
 * @param bytesPerSecond bytes that all of them together read and write in a second, 0 for no limit
 * @param planning how files are grouped; a table's policy names the target size
 */
public record CompactSettings(
    int rewritesAtOnce, long memoryBytes, long bytesPerSecond, CompactionOptions planning) {
  private static final long MEMORY_BYTES = 512L << 20;
  private static final long BYTES_PER_SECOND = 64L << 20;

  public CompactSettings {
    requireNonNull(planning, "planning is null");
    if (rewritesAtOnce < 1 || memoryBytes < MergeOrder.LEAST_MEMORY_BYTES || bytesPerSecond < 0) {
      throw new IllegalArgumentException(
          "Not possible: %d rewrites at once, %d bytes of memory each, %d bytes per second"
              .formatted(rewritesAtOnce, memoryBytes, bytesPerSecond));
    }
  }

  /** A quarter of the machine's cores, one at least. */
  public static CompactSettings defaults() {
    return new CompactSettings(
        Math.max(1, Runtime.getRuntime().availableProcessors() / 4),
        MEMORY_BYTES,
        BYTES_PER_SECOND,
        CompactionOptions.DEFAULTS);
  }

  public CompactSettings withRewritesAtOnce(int rewritesAtOnce) {
    return new CompactSettings(rewritesAtOnce, memoryBytes, bytesPerSecond, planning);
  }

  public CompactSettings withMemoryBytes(long memoryBytes) {
    return new CompactSettings(rewritesAtOnce, memoryBytes, bytesPerSecond, planning);
  }

  public CompactSettings withBytesPerSecond(long bytesPerSecond) {
    return new CompactSettings(rewritesAtOnce, memoryBytes, bytesPerSecond, planning);
  }

  public CompactSettings withPlanning(CompactionOptions planning) {
    return new CompactSettings(rewritesAtOnce, memoryBytes, bytesPerSecond, planning);
  }
}

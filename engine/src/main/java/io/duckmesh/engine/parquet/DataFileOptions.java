package io.duckmesh.engine.parquet;

import java.util.Set;

/**
 * How data files are written.
 *
 * @param rowGroupRows most rows of a row group, which bounds the writer's memory and is the unit of
 *     parallel reading
 * @param rowGroupBytes size of a row group past which the next one begins, before compression
 * @param pageBytes size of a page past which the next one begins, before compression
 * @param compressionLevel of zstd, 1 to 19
 * @param bloomFilterFieldIds columns that get a bloom filter: keys that are looked up by value
 */
public record DataFileOptions(
    int rowGroupRows,
    long rowGroupBytes,
    int pageBytes,
    int compressionLevel,
    Set<Integer> bloomFilterFieldIds) {
  public static final DataFileOptions DEFAULTS =
      new DataFileOptions(128 * 1024, 64L << 20, 1 << 20, 3, Set.of());

  public DataFileOptions {
    bloomFilterFieldIds = Set.copyOf(bloomFilterFieldIds);
    if (rowGroupRows < 1
        || rowGroupBytes < 1
        || pageBytes < 1
        || compressionLevel < 1
        || compressionLevel > 19) {
      throw new IllegalArgumentException(
          "Not possible: row groups of %d rows and %d bytes, pages of %d bytes, zstd level %d"
              .formatted(rowGroupRows, rowGroupBytes, pageBytes, compressionLevel));
    }
  }

  public DataFileOptions withRowGroupRows(int rowGroupRows) {
    return new DataFileOptions(
        rowGroupRows, rowGroupBytes, pageBytes, compressionLevel, bloomFilterFieldIds);
  }

  public DataFileOptions withRowGroupBytes(long rowGroupBytes) {
    return new DataFileOptions(
        rowGroupRows, rowGroupBytes, pageBytes, compressionLevel, bloomFilterFieldIds);
  }

  public DataFileOptions withCompressionLevel(int compressionLevel) {
    return new DataFileOptions(
        rowGroupRows, rowGroupBytes, pageBytes, compressionLevel, bloomFilterFieldIds);
  }

  public DataFileOptions withBloomFilterFieldIds(Set<Integer> bloomFilterFieldIds) {
    return new DataFileOptions(
        rowGroupRows, rowGroupBytes, pageBytes, compressionLevel, bloomFilterFieldIds);
  }
}

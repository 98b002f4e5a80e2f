package io.duckmesh.engine.parquet;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What was written as a data file.
 *
 * @param rowCount rows in the file, at least 1
 * @param sizeBytes bytes of the file
 * @param contentHash SHA-256 of the bytes, lower-case hexadecimal
 * @param statistics one entry per column, in the order of the schema
 */
public record WrittenFile(
    long rowCount, long sizeBytes, String contentHash, List<ColumnStats> statistics) {
  public WrittenFile {
    requireNonNull(contentHash, "contentHash is null");
    statistics = List.copyOf(statistics);
    if (rowCount < 1 || sizeBytes < 1) {
      throw new IllegalArgumentException(
          "Not a data file: %d rows, %d bytes".formatted(rowCount, sizeBytes));
    }
  }
}

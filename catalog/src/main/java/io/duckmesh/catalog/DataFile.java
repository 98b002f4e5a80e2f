package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * An immutable Parquet object of one table.
 *
 * @param objectKey the object's key below the warehouse root, unique for ever
 * @param schemaVersion version of the table's schema that it was written with
 * @param rowCount rows in the file, at least 1
 * @param sizeBytes size as stored
 * @param contentHash SHA-256 of the content as lower-case hex
 */
public record DataFile(
    TableId table,
    String objectKey,
    int schemaVersion,
    long rowCount,
    long sizeBytes,
    String contentHash,
    List<ColumnStatistics> statistics) {
  public DataFile {
    requireNonNull(table, "table is null");
    requireNonNull(objectKey, "objectKey is null");
    requireNonNull(contentHash, "contentHash is null");
    statistics = List.copyOf(statistics);
    if (schemaVersion < 1 || rowCount < 1 || sizeBytes < 1) {
      throw new IllegalArgumentException(
          "Data file %s must have a schema version, rows and bytes: %d, %d, %d"
              .formatted(objectKey, schemaVersion, rowCount, sizeBytes));
    }
  }
}

package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/**
 * What an object of the store must be.
 *
 * @param tableName the table whose rows it has
 * @param contentHash SHA-256 of the content as lower-case hex
 */
public record StoredFile(
    String objectKey, TableId table, String tableName, long sizeBytes, String contentHash) {
  public StoredFile {
    requireNonNull(objectKey, "objectKey is null");
    requireNonNull(table, "table is null");
    requireNonNull(tableName, "tableName is null");
    requireNonNull(contentHash, "contentHash is null");
  }
}

package io.duckmesh.activities;

import io.duckmesh.catalog.ColumnStatistics;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.TableId;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.parquet.ColumnStats;
import io.duckmesh.engine.parquet.WrittenFile;

/** Files that the engine has written, as the catalog knows them. */
public final class WrittenFiles {
  private WrittenFiles() {}

  /** The file as one of the table. */
  public static DataFile toCatalog(
      TableId table, ObjectKey key, int schemaVersion, WrittenFile written) {
    return new DataFile(
        table,
        key.value(),
        schemaVersion,
        written.rowCount(),
        written.sizeBytes(),
        written.contentHash(),
        written.statistics().stream()
            .map(
                column ->
                    new ColumnStatistics(
                        column.fieldId(), column.nullCount(), column.min(), column.max()))
            .toList());
  }

  /** What the catalog knows of a column, as the engine says it. */
  public static ColumnStats toEngine(ColumnStatistics column) {
    return new ColumnStats(column.fieldId(), column.nullCount(), column.min(), column.max());
  }
}

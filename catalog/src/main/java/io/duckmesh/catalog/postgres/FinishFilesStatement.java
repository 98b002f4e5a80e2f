package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.ColumnStatistics;
import io.duckmesh.catalog.DataFile;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** Gives registered files what is known of them once they are written. */
final class FinishFilesStatement {
  /** Returns for each file 1, or 0 if the write has not registered it or it is finished. */
  static int[] execute(Handle handle, long writeId, List<DataFile> files) {
    PreparedBatch batch =
        handle.prepareBatch(
            """
            UPDATE catalog.data_file
            SET schema_version = :schemaVersion,
                row_count = :rowCount,
                size_bytes = :sizeBytes,
                content_hash = :contentHash,
                field_ids = :fieldIds,
                null_counts = :nullCounts,
                mins = :mins,
                maxs = :maxs
            WHERE object_key = :objectKey
              AND write_id = :writeId
              AND table_id = :tableId
              AND row_count IS NULL
            """);
    for (DataFile file : files) {
      List<ColumnStatistics> statistics = file.statistics();
      batch
          .bind("schemaVersion", file.schemaVersion())
          .bind("rowCount", file.rowCount())
          .bind("sizeBytes", file.sizeBytes())
          .bind("contentHash", file.contentHash())
          .bind("fieldIds", statistics.stream().mapToInt(ColumnStatistics::fieldId).toArray())
          .bind("nullCounts", statistics.stream().mapToLong(ColumnStatistics::nullCount).toArray())
          .bind("mins", statistics.stream().map(ColumnStatistics::min).toArray(String[]::new))
          .bind("maxs", statistics.stream().map(ColumnStatistics::max).toArray(String[]::new))
          .bind("objectKey", file.objectKey())
          .bind("writeId", writeId)
          .bind("tableId", file.table().value())
          .add();
    }
    return batch.execute();
  }

  private FinishFilesStatement() {}
}

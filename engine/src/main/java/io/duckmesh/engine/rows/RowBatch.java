package io.duckmesh.engine.rows;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.segment.KeyHash;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * Checked rows as Arrow columns in the order of the schema. Owns its buffers until it is closed.
 *
 * @param columns one vector per column of {@code schema}, named like it
 * @param eventKeys hash of each row's event key, in row order; null if the rows have none
 */
public record RowBatch(
    RowSchema schema, VectorSchemaRoot columns, @Nullable List<KeyHash> eventKeys)
    implements AutoCloseable {
  public RowBatch {
    requireNonNull(schema, "schema is null");
    requireNonNull(columns, "columns is null");
    if (eventKeys != null && eventKeys.size() != columns.getRowCount()) {
      throw new IllegalArgumentException(
          "Event keys %d, rows %d".formatted(eventKeys.size(), columns.getRowCount()));
    }
  }

  public int rowCount() {
    return columns.getRowCount();
  }

  @Override
  public void close() {
    columns.close();
  }
}

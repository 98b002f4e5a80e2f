package io.duckmesh.engine.parquet;

import io.duckmesh.engine.schema.RowSchema;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * Writes rows as one Parquet file: zstd, field ids on all columns, statistics. Stateless; may be
 * called from any thread.
 */
public final class DataFileWriter {
  private DataFileWriter() {}

  /** Writes with {@link DataFileOptions#DEFAULTS}. */
  public static WrittenFile write(RowSchema schema, List<RowSelection> rows, OutputStream out)
      throws IOException {
    return write(schema, rows, out, DataFileOptions.DEFAULTS);
  }

  /**
   * Writes the selected rows in the given order. A batch of an older version of the schema is
   * matched by field id: a column that it lacks gets the column's default.
   *
   * <p>Does not flush or close {@code out}; when this throws, what is in it is not a file.
   *
   * @throws IllegalArgumentException if no row is selected
   * @throws IOException if {@code out} throws it
   */
  public static WrittenFile write(
      RowSchema schema, List<RowSelection> rows, OutputStream out, DataFileOptions options)
      throws IOException {
    throw new IllegalStateException("Not written: " + schema + rows + out + options);
  }
}

package io.duckmesh.engine.rows;

import org.jspecify.annotations.Nullable;

/**
 * The rows of a body, those that fit and those that do not. Owns the rows until it is closed.
 *
 * @param rows those that fit, null if none does
 * @param rejected those that do not, null if all fit
 */
public record SortedRows(@Nullable RowBatch rows, @Nullable RejectedRows rejected)
    implements AutoCloseable {
  public SortedRows {
    if (rows == null && rejected == null) {
      throw new IllegalArgumentException("There are no rows");
    }
  }

  @Override
  public void close() {
    if (rows != null) {
      rows.close();
    }
  }
}

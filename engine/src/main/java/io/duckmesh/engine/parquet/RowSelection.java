package io.duckmesh.engine.parquet;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.rows.RowBatch;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a batch that go into a data file. Does not own the batch: who opened it closes it.
 *
 * @param selected bits of the rows that are taken, null for all
 */
public record RowSelection(RowBatch rows, @Nullable BitSet selected) {
  public RowSelection {
    requireNonNull(rows, "rows is null");
    if (selected != null) {
      selected = (BitSet) selected.clone();
      if (selected.length() > rows.rowCount()) {
        throw new IllegalArgumentException(
            "Row %d is selected of a batch of %d rows"
                .formatted(selected.length() - 1, rows.rowCount()));
      }
    }
  }

  /** All rows of the batch. */
  public static RowSelection all(RowBatch rows) {
    return new RowSelection(rows, null);
  }

  public int rowCount() {
    return selected == null ? rows.rowCount() : selected.cardinality();
  }
}

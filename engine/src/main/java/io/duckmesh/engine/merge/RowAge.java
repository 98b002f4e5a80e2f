package io.duckmesh.engine.merge;

import io.duckmesh.engine.parquet.ColumnStats;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which of a file's rows a cutoff drops, as far as its statistics tell. */
public enum RowAge {
  /** All of them: the file can go as a whole. */
  ALL_DROPPED,
  /** Perhaps some: the file has to be rewritten. */
  SOME_DROPPED,
  /** None: the file can stay as it is. */
  NONE_DROPPED;

  /**
   * Never says of a row that it goes or stays unless that is sure.
   *
   * @param schema the table's schema, which has the cutoff's column
   * @param statistics what the file holds of the column; null if it has nothing of it, so that all
   *     its rows have the column's default
   * @throws IllegalArgumentException if the schema does not have the column, or it is not of a type
   *     that has an age
   */
  public static RowAge of(
      RowCutoff cutoff, RowSchema schema, long rowCount, @Nullable ColumnStats statistics) {
    Column column = Cutoffs.column(cutoff, schema);
    if (statistics == null) {
      return ofDefault(cutoff, column);
    }
    if (statistics.nullCount() == rowCount) {
      return NONE_DROPPED;
    }
    Optional<Boolean> oldest = isBefore(cutoff, column, statistics.min());
    Optional<Boolean> newest = isBefore(cutoff, column, statistics.max());
    if (oldest.isPresent() && !oldest.get()) {
      return NONE_DROPPED;
    }
    boolean all = newest.isPresent() && newest.get() && statistics.nullCount() == 0;
    return all ? ALL_DROPPED : SOME_DROPPED;
  }

  private static RowAge ofDefault(RowCutoff cutoff, Column column) {
    if (column.defaultValue() == null || column.defaultValue().strip().equals("null")) {
      return NONE_DROPPED;
    }
    String text = column.defaultValue().strip();
    Optional<Boolean> before =
        text.startsWith("\"") && text.endsWith("\"") && text.length() > 1
            ? isBefore(cutoff, column, text.substring(1, text.length() - 1))
            : Optional.empty();
    return before.map(dropped -> dropped ? ALL_DROPPED : NONE_DROPPED).orElse(SOME_DROPPED);
  }

  private static Optional<Boolean> isBefore(
      RowCutoff cutoff, Column column, @Nullable String value) {
    return value == null ? Optional.empty() : Cutoffs.isBefore(cutoff, column.type(), value);
  }
}

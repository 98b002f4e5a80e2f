package io.duckmesh.engine.merge;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.Widening;

/** Columns of schemas by their field ids. */
final class Columns {
  private Columns() {}

  /**
   * @throws IllegalArgumentException if the schema has no such column
   */
  static Column find(RowSchema schema, int fieldId) {
    for (Column column : schema.columns()) {
      if (column.fieldId() == fieldId) {
        return column;
      }
    }
    throw new IllegalArgumentException(
        "Schema version %d has no column with field id %d".formatted(schema.version(), fieldId));
  }

  /**
   * @throws IllegalArgumentException if a column of the file may have values that its column of the
   *     schema does not hold
   */
  static void requireWidening(MergeSource source, RowSchema schema) {
    if (source.writtenWith() == schema) {
      return;
    }
    for (Column from : source.writtenWith().columns()) {
      for (Column to : schema.columns()) {
        if (from.fieldId() == to.fieldId() && !Widening.widens(from.type(), to.type())) {
          throw new IllegalArgumentException(
              "File %s has column %s of type %s, which does not widen to %s"
                  .formatted(source.key(), from.name(), from.type(), to.type()));
        }
      }
    }
  }
}

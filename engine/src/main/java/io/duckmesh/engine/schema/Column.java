package io.duckmesh.engine.schema;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A column of a table.
 *
 * @param fieldId number that never changes through renames and type changes
 * @param required whether null is refused
 * @param defaultValue JSON text of the value of files and rows without the column, null for NULL
 */
public record Column(
    int fieldId, String name, ColumnType type, boolean required, @Nullable String defaultValue) {
  public Column {
    requireNonNull(name, "name is null");
    requireNonNull(type, "type is null");
    if (fieldId < 1) {
      throw new IllegalArgumentException("Field id must be positive: " + fieldId);
    }
  }
}

package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A column of a table's schema.
 *
 * @param fieldId number that never changes through renames and type changes, unique in the table
 * @param type the type's text, for example {@code DECIMAL(18,2)}; the catalog does not look inside
 * @param required whether null is refused
 * @param defaultValue JSON text of the value that files without the column have, null when that is
 *     NULL
 */
public record ColumnDefinition(
    int fieldId, String name, String type, boolean required, @Nullable String defaultValue) {
  public ColumnDefinition {
    requireNonNull(name, "name is null");
    requireNonNull(type, "type is null");
    if (fieldId < 1) {
      throw new IllegalArgumentException("Field id must be positive: " + fieldId);
    }
  }
}

package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.schema.RowSchema;

/** A table as {@code information_schema} shows it. */
public record ListedTable(String name, RowSchema schema) {
  public ListedTable {
    requireNonNull(name, "name is null");
    requireNonNull(schema, "schema is null");
  }
}

package io.duckmesh.catalog;

import java.util.List;

/** One version of a table's columns, in order. Versions start at 1. */
public record TableSchema(int version, List<ColumnDefinition> columns) {
  public TableSchema {
    columns = List.copyOf(columns);
    if (version < 1) {
      throw new IllegalArgumentException("Schema version must be positive: " + version);
    }
    if (columns.isEmpty()) {
      throw new IllegalArgumentException("A schema has at least one column");
    }
  }
}

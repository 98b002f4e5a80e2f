package io.duckmesh.engine.schema;

import java.util.List;

/** Columns of one schema version, in order. Column names differ also when case is ignored. */
public record RowSchema(int version, List<Column> columns) {
  public RowSchema {
    columns = List.copyOf(columns);
    if (version < 1) {
      throw new IllegalArgumentException("Schema version must be positive: " + version);
    }
    if (columns.isEmpty()) {
      throw new IllegalArgumentException("A schema has at least one column");
    }
  }
}

package io.duckmesh.api.tables;

import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.ColumnStatistics;
import io.duckmesh.catalog.TableSchema;
import io.duckmesh.engine.parquet.ColumnStats;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.util.ArrayList;
import java.util.List;

/** The catalog's schemas as the engine understands them. */
public final class Schemas {
  private Schemas() {}

  public static RowSchema toRowSchema(TableSchema schema) {
    List<Column> columns = new ArrayList<>(schema.columns().size());
    for (ColumnDefinition column : schema.columns()) {
      columns.add(
          new Column(
              column.fieldId(),
              column.name(),
              TypeParser.parse(column.type()),
              column.required(),
              column.defaultValue()));
    }
    return new RowSchema(schema.version(), columns);
  }

  /** What the catalog knows of a file's column, as the engine says it. */
  public static ColumnStats toColumnStats(ColumnStatistics column) {
    return new ColumnStats(column.fieldId(), column.nullCount(), column.min(), column.max());
  }
}

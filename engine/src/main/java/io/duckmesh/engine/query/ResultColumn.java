package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

/**
 * A column of an answer.
 *
 * @param type its type, written as {@link io.duckmesh.engine.schema.ColumnType} writes it where it
 *     is one that tables may have; else DuckDB's name of it
 */
public record ResultColumn(String name, String type) {
  public ResultColumn {
    requireNonNull(name, "name is null");
    requireNonNull(type, "type is null");
  }
}

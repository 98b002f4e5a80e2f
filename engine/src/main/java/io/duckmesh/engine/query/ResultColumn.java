package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

/** A column of an answer, with DuckDB's name of its type. */
public record ResultColumn(String name, String type) {
  public ResultColumn {
    requireNonNull(name, "name is null");
    requireNonNull(type, "type is null");
  }
}

package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.BoundTable;
import java.nio.file.Path;
import java.util.List;

/** A bound table and where its files are, in the same order. */
record Binding(BoundTable table, List<Path> files) {
  Binding {
    files = List.copyOf(files);
  }
}

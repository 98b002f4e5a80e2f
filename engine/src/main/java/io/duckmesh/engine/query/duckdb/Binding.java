package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.BoundTable.TableFile;
import io.duckmesh.engine.query.pruning.ParameterValues;
import io.duckmesh.engine.query.pruning.Scan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A bound table and those of its files that a statement needs.
 *
 * @param needed places of the files among the table's; null for all of them
 * @param files the needed files, in their order
 */
record Binding(BoundTable table, @Nullable BitSet needed, List<TableFile> files) {
  /** Bindings of fewer files than this are not worth looking for files to leave out. */
  private static final int WORTH_PRUNING = 2;

  Binding {
    files = List.copyOf(files);
  }

  /**
   * @param scans where the statement reads the table; null if that is not known
   */
  static Binding of(BoundTable table, @Nullable List<Scan> scans, ParameterValues parameters) {
    int count = table.files().size();
    if (scans == null || count < WORTH_PRUNING || table.statistics().files() == 0) {
      return new Binding(table, null, table.files());
    }
    BitSet needed = table.statistics().needed(count, table.schema(), scans, parameters);
    if (needed.cardinality() == count) {
      return new Binding(table, null, table.files());
    }
    List<TableFile> files = new ArrayList<>(needed.cardinality());
    for (int file = needed.nextSetBit(0); file >= 0; file = needed.nextSetBit(file + 1)) {
      files.add(table.files().get(file));
    }
    return new Binding(table, needed, files);
  }

  /** How many of the table's files are left out. */
  int prunedFiles() {
    return table.files().size() - files.size();
  }

  /** Whether all files have the table's own columns, so that they can be read as they are. */
  boolean isUniform() {
    int version = table.schema().version();
    for (TableFile file : files) {
      if (file.schemaVersion() != version) {
        return false;
      }
    }
    return true;
  }

  String viewName() {
    return DuckDbSql.viewName(table.reference());
  }

  /** Where the needed files are. A leased object's path below the cache's root is its key. */
  List<Path> paths(Path filesRoot) {
    return files.stream()
        .map(TableFile::key)
        .map(ObjectKey::value)
        .map(filesRoot::resolve)
        .toList();
  }
}

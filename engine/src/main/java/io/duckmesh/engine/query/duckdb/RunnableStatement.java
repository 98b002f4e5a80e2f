package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.pruning.Scan;
import java.util.List;
import java.util.Map;

/**
 * What DuckDB is given to run.
 *
 * @param parameters how many values it needs
 * @param scans by the view that they read, where the statement reads tables; see {@link
 *     ScanConditions}
 */
record RunnableStatement(String sql, int parameters, Map<String, List<Scan>> scans) {
  RunnableStatement {
    scans = Map.copyOf(scans);
  }
}

package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.ParameterValue;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.pruning.Scan;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What DuckDB is given to run.
 *
 * @param parameters names of the parameters in the order of their numbers
 * @param catalogViews views of the catalog that it reads
 * @param explain whether its plan is the answer
 * @param scans by the view that they read, where the statement reads tables; see {@link
 *     ScanConditions}
 */
record RunnableStatement(
    String sql,
    List<String> parameters,
    Set<CatalogView> catalogViews,
    boolean explain,
    Map<String, List<Scan>> scans) {
  RunnableStatement {
    parameters = List.copyOf(parameters);
    catalogViews = Set.copyOf(catalogViews);
    scans = Map.copyOf(scans);
  }

  /** What to bind for each number, from 1. */
  List<@Nullable Object> values(QueryParameters given) {
    ParameterNames names = ParameterNames.of(given);
    List<@Nullable Object> values = new ArrayList<>(parameters.size());
    for (String parameter : parameters) {
      values.add(
          switch (names.value(parameter)) {
            case ParameterValue.Plain plain -> plain.value();
            case ParameterValue.Typed typed -> typed.text();
          });
    }
    return Collections.unmodifiableList(values);
  }
}

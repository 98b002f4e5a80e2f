package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.objects.cache.ObjectCache;
import io.duckmesh.engine.query.QueryEngine;

/** Makes the query engine that runs DuckDB, in a process of its own for each tenant. */
public final class DuckDbQueries {
  private DuckDbQueries() {}

  /**
   * Opens the engine; tenants' instances are opened when their first query comes. The caller closes
   * it, and afterwards the cache, which stays the caller's.
   */
  public static QueryEngine create(ObjectCache cache, DuckDbOptions options) {
    return DuckDbQueryEngine.open(cache, options);
  }
}

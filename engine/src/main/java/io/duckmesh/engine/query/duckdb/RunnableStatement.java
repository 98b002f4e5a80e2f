package io.duckmesh.engine.query.duckdb;

/**
 * What DuckDB is given to run.
 *
 * @param parameters how many values it needs
 */
record RunnableStatement(String sql, int parameters) {}

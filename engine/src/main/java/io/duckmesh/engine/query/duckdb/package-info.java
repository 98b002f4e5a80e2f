/** Queries by DuckDB: one locked instance per tenant, guarded by its own parser. */
@NullMarked
package io.duckmesh.engine.query.duckdb;

import org.jspecify.annotations.NullMarked;

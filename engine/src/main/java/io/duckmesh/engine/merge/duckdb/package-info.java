/** Merging by DuckDB, in processes of their own. */
@NullMarked
package io.duckmesh.engine.merge.duckdb;

import org.jspecify.annotations.NullMarked;

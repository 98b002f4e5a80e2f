/**
 * DuckDB in a process of its own, which may be killed without harm to anybody else: what starts it
 * and speaks to it, and the program that runs there.
 */
@NullMarked
package io.duckmesh.engine.query.duckdb.process;

import org.jspecify.annotations.NullMarked;

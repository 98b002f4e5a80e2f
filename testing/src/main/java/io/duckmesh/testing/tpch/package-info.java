/** The TPC-H benchmark: its tables, made here the same way each time, and its 22 queries. */
@NullMarked
package io.duckmesh.testing.tpch;

import org.jspecify.annotations.NullMarked;

/** Breaks a running DuckMesh on purpose, and checks what it promised against what it answered. */
@NullMarked
package io.duckmesh.bench.faults;

import org.jspecify.annotations.NullMarked;

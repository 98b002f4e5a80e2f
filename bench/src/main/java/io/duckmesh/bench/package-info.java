/** Measures DuckMesh beside the bare parts it is made of, in one run on one machine. */
@NullMarked
package io.duckmesh.bench;

import org.jspecify.annotations.NullMarked;

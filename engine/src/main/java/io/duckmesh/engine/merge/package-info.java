/** Merging data files: many in, one out, in the order that a table keeps its rows in. */
@NullMarked
package io.duckmesh.engine.merge;

import org.jspecify.annotations.NullMarked;

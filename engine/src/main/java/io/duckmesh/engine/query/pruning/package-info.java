/** Which files of a table a statement can do without, by what is known of their columns. */
@NullMarked
package io.duckmesh.engine.query.pruning;

import org.jspecify.annotations.NullMarked;

/** Merging small files of a table into bigger ones, without changing what anyone reads. */
@NullMarked
package io.duckmesh.workflows.compact;

import org.jspecify.annotations.NullMarked;

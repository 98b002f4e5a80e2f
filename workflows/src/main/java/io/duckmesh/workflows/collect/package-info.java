/** Deleting objects that nothing refers to: mark, wait, sweep. */
@NullMarked
package io.duckmesh.workflows.collect;

import org.jspecify.annotations.NullMarked;

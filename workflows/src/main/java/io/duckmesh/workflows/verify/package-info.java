/** Comparing what there is with what the catalog says. */
@NullMarked
package io.duckmesh.workflows.verify;

import org.jspecify.annotations.NullMarked;

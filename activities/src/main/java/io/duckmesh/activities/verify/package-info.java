/** Comparing what there is with what the catalog says, on the leaves. */
@NullMarked
package io.duckmesh.activities.verify;

import org.jspecify.annotations.NullMarked;

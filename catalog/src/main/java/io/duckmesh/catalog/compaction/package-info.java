/** Which files are merged, and which stay. */
@NullMarked
package io.duckmesh.catalog.compaction;

import org.jspecify.annotations.NullMarked;

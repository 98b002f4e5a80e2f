/** What keeps tables in shape: merging files, expiring snapshots, deleting objects, going back. */
@NullMarked
package io.duckmesh.catalog.upkeep;

import org.jspecify.annotations.NullMarked;

/** Steps of collection: marking garbage, and deleting it after the grace time. */
@NullMarked
package io.duckmesh.activities.collect;

import org.jspecify.annotations.NullMarked;

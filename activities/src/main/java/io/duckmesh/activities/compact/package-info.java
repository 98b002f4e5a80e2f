/** Steps of merging: planning, rewriting within a budget, publishing; and hints that it is due. */
@NullMarked
package io.duckmesh.activities.compact;

import org.jspecify.annotations.NullMarked;

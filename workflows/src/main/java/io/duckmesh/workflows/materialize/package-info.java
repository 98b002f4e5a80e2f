/** Landing a shard: claim a batch, write it, commit it, again and again. */
@NullMarked
package io.duckmesh.workflows.materialize;

import org.jspecify.annotations.NullMarked;

/** Landing batches of a shard: claiming them, writing them as Parquet, committing them. */
@NullMarked
package io.duckmesh.activities.materialize;

import org.jspecify.annotations.NullMarked;

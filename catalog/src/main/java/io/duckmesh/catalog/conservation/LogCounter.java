package io.duckmesh.catalog.conservation;

import io.duckmesh.catalog.ShardId;

/** The log's side of the equation. */
public interface LogCounter {
  /** Counts what the log holds of the shard after the position. */
  LogCounts count(ShardId shard, long after);
}

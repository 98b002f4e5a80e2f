package io.duckmesh.workflows.materialize;

import static java.util.Objects.requireNonNull;

/** The shard that an activity is for. */
public record ShardInput(String shard) {
  public ShardInput {
    requireNonNull(shard, "shard is null");
  }
}

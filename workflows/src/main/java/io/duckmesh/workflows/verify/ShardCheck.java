package io.duckmesh.workflows.verify;

import static java.util.Objects.requireNonNull;

/** A shard to be looked at by a run. */
public record ShardCheck(String runId, String shard) {
  public ShardCheck {
    requireNonNull(runId, "runId is null");
    requireNonNull(shard, "shard is null");
  }
}

package io.duckmesh.workflows.materialize;

import static java.util.Objects.requireNonNull;

/**
 * A batch of the log, by reference.
 *
 * @param claim number of the claim in its shard
 * @param after the batch begins after this position
 * @param upTo and ends with this one
 * @param segments segments inside
 * @param rows events inside
 * @param bytes payload bytes inside
 */
public record ClaimedBatch(
    String shard, long claim, long after, long upTo, int segments, long rows, long bytes) {
  public ClaimedBatch {
    requireNonNull(shard, "shard is null");
  }
}

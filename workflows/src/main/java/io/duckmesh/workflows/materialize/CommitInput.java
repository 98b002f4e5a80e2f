package io.duckmesh.workflows.materialize;

import static java.util.Objects.requireNonNull;

/** The write to be committed, and the batch that it lands. */
public record CommitInput(ClaimedBatch batch, long writeId) {
  public CommitInput {
    requireNonNull(batch, "batch is null");
  }
}

package io.duckmesh.workflows.materialize;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The write to be committed, and the batch that it lands.
 *
 * @param quarantined events of the batch that are in quarantine, those included whose table nobody
 *     knows
 */
public record CommitInput(ClaimedBatch batch, long writeId, @Nullable Long quarantined) {
  public CommitInput {
    requireNonNull(batch, "batch is null");
  }
}

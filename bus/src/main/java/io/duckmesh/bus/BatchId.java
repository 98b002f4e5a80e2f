package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

/** One claim on one shard. {@code claim} increases with every claim of the shard. */
public record BatchId(ShardId shard, long claim) {
  public BatchId {
    requireNonNull(shard, "shard is null");
    if (claim < 1) {
      throw new IllegalArgumentException("Claim must be positive: " + claim);
    }
  }

  @Override
  public String toString() {
    return shard + "#" + claim;
  }
}

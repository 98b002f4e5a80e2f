package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a shard stands.
 *
 * @param tenant owner of the shard; the backlog limit counts per owner
 * @param head last appended position
 * @param acked last acknowledged position
 * @param appendedRows events ever appended
 * @param ackedRows events of acknowledged segments, those in quarantine included
 * @param backlogBytes payload bytes appended and not acknowledged
 * @param oldestUnacked when the oldest segment that is not acknowledged was published, null when
 *     there is none
 * @param lease the live claim, null when there is none
 */
public record ShardStatus(
    ShardId shard,
    String tenant,
    Position head,
    Position acked,
    long appendedRows,
    long ackedRows,
    long backlogBytes,
    @Nullable Instant oldestUnacked,
    @Nullable Lease lease) {

  /** A claim that has not ended. */
  public record Lease(BatchId batch, ConsumerId consumer, Position upTo, Instant leasedUntil) {
    public Lease {
      requireNonNull(batch, "batch is null");
      requireNonNull(consumer, "consumer is null");
      requireNonNull(upTo, "upTo is null");
      requireNonNull(leasedUntil, "leasedUntil is null");
    }
  }

  public ShardStatus {
    requireNonNull(shard, "shard is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(head, "head is null");
    requireNonNull(acked, "acked is null");
  }
}

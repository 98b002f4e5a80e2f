package io.duckmesh.bus;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The log: segments in, batches of consecutive positions out. Every method may be called from any
 * thread, and by many processes at once; blocking methods stop when their thread is interrupted.
 *
 * <p>Every method may throw {@link BusUnavailableException}, which says whether the effect may have
 * happened.
 */
public interface EventBus extends AutoCloseable {
  /**
   * Makes the shard known. Repeatable; durable when it returns.
   *
   * @throws IllegalArgumentException if the shard belongs to another tenant
   */
  void ensureShard(ShardId shard, String tenant);

  /**
   * Appends segments. When this returns they are durable, all of them or none, in the given order
   * within each shard. Positions of a shard have no gaps and increase in commit order, however many
   * processes publish.
   *
   * @return one position per segment, in the order given
   * @throws BacklogFullException if the tenant of a shard has too much that has not landed; nothing
   *     was appended
   * @throws ShardNotFoundException if a shard is not known; nothing was appended
   * @throws BusUnavailableException if the log did not answer; {@link
   *     BusUnavailableException#outcomeUnknown()} tells whether the segments may have been appended
   */
  List<Position> publish(List<Segment> segments);

  /**
   * Asks that positions up to {@code upTo} be claimed without linger. A hint: losing it costs at
   * most the linger. Returns at once when they are already acknowledged.
   */
  void requestFlush(ShardId shard, Position upTo);

  /**
   * Claims the positions after the last acknowledged one, waiting for them as {@code limits} says.
   * Ends any earlier claim of the shard whose lease has expired, and any claim of the same
   * consumer; a live claim of another consumer is waited for, up to {@link BatchLimits#maxWait}.
   *
   * @return the batch, or empty when nothing could be claimed in time
   * @throws InterruptedException if the waiting thread was interrupted; nothing is claimed then
   */
  Optional<Batch> claimBatch(ShardId shard, ConsumerId consumer, BatchLimits limits, Duration lease)
      throws InterruptedException;

  /**
   * Acknowledges everything up to {@code upTo}: it has landed and its space may be freed. Ends the
   * claim, whose ever it is. Repeatable: acknowledging what is acknowledged changes nothing. It
   * needs no live lease, since only what the catalog has committed is acknowledged.
   *
   * @throws IllegalArgumentException if {@code upTo} is beyond the shard's head
   */
  void ack(ShardId shard, Position upTo);

  /**
   * Moves segments to quarantine, durable when it returns: they are no longer delivered by {@link
   * #read}, and never block others. Their positions stay taken. Positions already in quarantine or
   * acknowledged are left as they are. All of them move, or none.
   *
   * @throws LeaseLostException if the batch is not the shard's current claim; nothing changed
   * @throws IllegalArgumentException if a position is after the batch; nothing changed
   */
  void nack(BatchId batch, List<Rejection> rejections);

  /** The same for segments of one table, or of none that they tell, with one reason. */
  default void nack(BatchId batch, List<Position> positions, String reason, @Nullable UUID table) {
    nack(
        batch, positions.stream().map(position -> new Rejection(position, reason, table)).toList());
  }

  /** The same for segments that do not tell of which table they are. */
  default void nack(BatchId batch, List<Position> positions, String reason) {
    nack(batch, positions, reason, null);
  }

  /**
   * Extends the claim to {@code lease} from now. A claim whose lease has expired has ended, even
   * when nobody else has claimed since.
   *
   * @throws LeaseLostException if the batch is not the shard's current claim
   */
  void extendLease(BatchId batch, Duration lease);

  /** Ends the claim, so that the positions can be claimed at once. Does nothing if it has ended. */
  void release(BatchId batch);

  /** Ends all claims whose lease has expired; returns how many. */
  int requeueExpired();

  /**
   * Reads segments after {@code after} up to and including {@code upTo}, in order, without those in
   * quarantine. What is acknowledged may be gone: reading it gives what is still there; of what is
   * appended after the call nothing is given. The stream fetches as it goes and may throw {@link
   * BusUnavailableException} then. The caller closes it.
   */
  Stream<PublishedSegment> read(ShardId shard, Position after, Position upTo);

  /**
   * Counts the segments after {@code after} up to and including {@code upTo} from the segments
   * themselves, those in quarantine included, by the first {@code prefixBytes} bytes of their
   * payloads. What is acknowledged may be gone, and is not counted then. In no particular order.
   */
  List<SegmentCount> count(ShardId shard, Position after, Position upTo, int prefixBytes);

  /**
   * Events of the segments up to and including {@code upTo} that ever went to quarantine, whatever
   * became of them there.
   */
  long quarantinedRows(ShardId shard, Position upTo);

  /** The last appended position of the shard. */
  Position head(ShardId shard);

  /** Where the shard stands. */
  ShardStatus status(ShardId shard);

  /** Where all shards of all tenants stand, by shard id. */
  List<ShardStatus> statuses();

  /**
   * Segments after {@code after} up to and including {@code upTo} that {@link #read} leaves out
   * since they went to quarantine, in position order, whatever became of them there: a consumer
   * accounts for them with the batch they are in. Their bytes are sure to be there as long as their
   * positions are not acknowledged. The caller closes the stream.
   */
  Stream<QuarantinedSegment> heldBack(ShardId shard, Position after, Position upTo);

  /**
   * Segments of the shard that wait in quarantine, in position order. The caller closes the stream.
   */
  Stream<QuarantinedSegment> quarantined(ShardId shard);

  /** The quarantine as people see it. */
  Quarantine quarantine();

  /**
   * Frees space of acknowledged segments by whole partitions; returns the bytes freed. Repeatable.
   */
  long reclaim();

  /**
   * Stops accepting, finishes what is being published, and ends the threads of this object. Claims
   * that wait and calls that come later throw {@link BusUnavailableException}.
   */
  @Override
  void close();
}

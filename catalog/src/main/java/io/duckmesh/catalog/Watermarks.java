package io.duckmesh.catalog;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How far shards have landed. Watermarks only increase. */
public interface Watermarks {
  /** All shards of all tenants, by shard id. */
  List<Watermark> list();

  /**
   * Now, read from the catalog.
   *
   * @throws IllegalArgumentException if there is no such shard
   */
  Watermark load(ShardId shard);

  /**
   * Waits until every shard's watermark is at or above the given position. Woken by commits of any
   * process within milliseconds.
   *
   * @return true if all are; false if the time is over, after a last look at the catalog itself, or
   *     if the catalog is being closed
   * @throws IllegalArgumentException if there is no such shard
   */
  boolean await(Map<ShardId, Long> positions, Duration timeout) throws InterruptedException;

  /**
   * Waits until some watermark of any shard has moved since the answer to an earlier call; it does
   * not say which. Woken by commits of any process within milliseconds, and now and then without.
   *
   * @param seen what an earlier call returned, 0 for the first
   * @return what to give the next call; {@code seen} if nothing moved in time or the catalog is
   *     being closed
   */
  long awaitAdvance(long seen, Duration timeout) throws InterruptedException;

  /**
   * What became of the segment at the position: empty while it is above the watermark.
   *
   * @throws SegmentForgottenException if it landed longer ago than every table's key window: that
   *     it has landed is all that is known of it
   */
  Optional<LandedSegment> findLanded(ShardId shard, long position);
}

package io.duckmesh.activities.protocol;

import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BatchId;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.ConsumerId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.LeaseLostException;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.bus.Quarantine;
import io.duckmesh.bus.QuarantinedSegment;
import io.duckmesh.bus.Rejection;
import io.duckmesh.bus.Segment;
import io.duckmesh.bus.SegmentCount;
import io.duckmesh.bus.ShardId;
import io.duckmesh.bus.ShardStatus;
import io.duckmesh.bus.memory.MemoryBus;
import io.duckmesh.bus.memory.Waiting;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A log whose positions are drawn from a sequence first and used by a later transaction, so that
 * they can become visible in another order, and with gaps in between. Claims are as they should be.
 */
final class FlawedBus implements EventBus {
  private final Clock clock;
  private final Map<ShardId, Shard> shards = new HashMap<>();
  private final Map<Integer, List<Position>> taken = new TreeMap<>();

  FlawedBus(Clock clock) {
    this.clock = clock;
  }

  private static final class Shard {
    final TreeMap<Position, PublishedSegment> segments = new TreeMap<>();
    final EventBus claims;
    long sequence;

    Shard(EventBus claims) {
      this.claims = claims;
    }
  }

  void takePositions(int writer, List<Segment> segments) {
    List<Position> positions = new ArrayList<>();
    for (Segment segment : segments) {
      positions.add(new Position(++shards.get(segment.shard()).sequence));
    }
    taken.put(writer, List.copyOf(positions));
  }

  List<Position> publishTaken(int writer, List<Segment> segments) {
    List<Position> positions = taken.remove(writer);
    for (int i = 0; i < segments.size(); i++) {
      Segment segment = segments.get(i);
      Position position = positions.get(i);
      Shard shard = shards.get(segment.shard());
      shard.segments.put(
          position,
          new PublishedSegment(
              segment.shard(), position, segment.rowCount(), clock.instant(), segment.payload()));
      // Claims reach as far as the highest position that is there.
      while (shard.claims.head(segment.shard()).compareTo(position) < 0) {
        shard.claims.publish(List.of(segment));
      }
    }
    return positions;
  }

  void describe(StringBuilder text) {
    text.append(taken);
    shards.forEach((shard, found) -> text.append(shard).append(found.sequence));
  }

  private EventBus claims(ShardId shard) {
    return shards.get(shard).claims;
  }

  @Override
  public void ensureShard(ShardId shard, String tenant) {
    EventBus claims = new MemoryBus(clock, BusOptions.DEFAULTS, Waiting.none());
    claims.ensureShard(shard, tenant);
    shards.put(shard, new Shard(claims));
  }

  @Override
  public List<Position> publish(List<Segment> segments) {
    takePositions(-1, segments);
    return publishTaken(-1, segments);
  }

  @Override
  public void requestFlush(ShardId shard, Position upTo) {
    claims(shard).requestFlush(shard, upTo);
  }

  @Override
  public Optional<Batch> claimBatch(
      ShardId shard, ConsumerId consumer, BatchLimits limits, Duration lease)
      throws InterruptedException {
    return claims(shard).claimBatch(shard, consumer, limits, lease);
  }

  @Override
  public void ack(ShardId shard, Position upTo) {
    claims(shard).ack(shard, upTo);
  }

  @Override
  public void nack(BatchId batch, List<Rejection> rejections) {
    throw new LeaseLostException(batch);
  }

  @Override
  public void extendLease(BatchId batch, Duration lease) {
    claims(batch.shard()).extendLease(batch, lease);
  }

  @Override
  public void release(BatchId batch) {
    claims(batch.shard()).release(batch);
  }

  @Override
  public int requeueExpired() {
    return shards.values().stream().mapToInt(shard -> shard.claims.requeueExpired()).sum();
  }

  @Override
  public Stream<PublishedSegment> read(ShardId shard, Position after, Position upTo) {
    return List.copyOf(shards.get(shard).segments.subMap(after, false, upTo, true).values())
        .stream();
  }

  @Override
  public Position head(ShardId shard) {
    return claims(shard).head(shard);
  }

  @Override
  public ShardStatus status(ShardId shard) {
    return claims(shard).status(shard);
  }

  @Override
  public List<ShardStatus> statuses() {
    return shards.keySet().stream().sorted().map(this::status).toList();
  }

  @Override
  public Stream<QuarantinedSegment> quarantined(ShardId shard) {
    return Stream.empty();
  }

  @Override
  public List<SegmentCount> count(ShardId shard, Position after, Position upTo, int prefixBytes) {
    // No step of landing counts what is in the log.
    return List.of();
  }

  @Override
  public long quarantinedRows(ShardId shard, Position upTo) {
    return 0;
  }

  @Override
  public Stream<QuarantinedSegment> heldBack(ShardId shard, Position after, Position upTo) {
    return Stream.empty();
  }

  @Override
  public Quarantine quarantine() {
    // Nothing is ever in quarantine here, nor in that of a log that nobody publishes to.
    return new MemoryBus(clock, BusOptions.DEFAULTS, Waiting.none()).quarantine();
  }

  @Override
  public long reclaim() {
    return 0;
  }

  @Override
  public void close() {
    shards.values().forEach(shard -> shard.claims.close());
  }
}

package io.duckmesh.bus.memory;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.summarizingLong;

import io.duckmesh.bus.BacklogFullException;
import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BatchId;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.BusUnavailableException;
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
import io.duckmesh.bus.ShardNotFoundException;
import io.duckmesh.bus.ShardStatus;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The log in memory. With {@link Waiting#none()} and a clock that only the test moves, every call
 * is a deterministic step.
 */
public final class MemoryBus implements EventBus {
  private final Clock clock;
  private final BusOptions options;
  private final Waiting waiting;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final TreeMap<ShardId, ShardLog> shards = new TreeMap<>();
  private final MemoryQuarantine quarantine = new MemoryQuarantine(this);
  private boolean closed;

  public MemoryBus(Clock clock, BusOptions options, Waiting waiting) {
    this.clock = requireNonNull(clock, "clock is null");
    this.options = requireNonNull(options, "options is null");
    this.waiting = requireNonNull(waiting, "waiting is null");
  }

  @Override
  public void ensureShard(ShardId shard, String tenant) {
    requireNonNull(tenant, "tenant is null");
    locked(
        () -> {
          ShardLog log = shards.computeIfAbsent(shard, id -> new ShardLog(id, tenant));
          if (!log.tenant.equals(tenant)) {
            throw new IllegalArgumentException(
                "Shard %s belongs to tenant %s, not %s".formatted(shard, log.tenant, tenant));
          }
          return log;
        });
  }

  @Override
  public List<Position> publish(List<Segment> segments) {
    List<Segment> copy = List.copyOf(segments);
    return locked(
        () -> {
          for (Segment segment : copy) {
            refuseWhenFull(require(segment.shard()).tenant);
          }
          return append(copy);
        });
  }

  /** Appends under the lock, whether the backlog is full or not. */
  List<Position> append(List<Segment> segments) {
    segments.forEach(segment -> require(segment.shard()));
    List<Position> positions = new ArrayList<>(segments.size());
    for (Segment segment : segments) {
      positions.add(require(segment.shard()).append(segment, clock.instant()));
    }
    for (Segment segment : segments) {
      require(segment.shard()).sealFrom(options.partitionBytes());
    }
    changed.signalAll();
    return List.copyOf(positions);
  }

  /** Owner of the shard. */
  String tenant(ShardId shard) {
    return require(shard).tenant;
  }

  Instant now() {
    return clock.instant();
  }

  private void refuseWhenFull(String tenant) {
    long backlogBytes =
        shards.values().stream()
            .filter(log -> log.tenant.equals(tenant))
            .mapToLong(log -> log.appendedBytes - log.ackedBytes)
            .sum();
    if (backlogBytes >= options.backlogLimitBytes()) {
      throw new BacklogFullException(
          tenant, backlogBytes, options.backlogLimitBytes(), Duration.ofSeconds(1));
    }
  }

  @Override
  public void requestFlush(ShardId shard, Position upTo) {
    locked(
        () -> {
          ShardLog log = require(shard);
          log.flush = Math.max(log.flush, Math.min(upTo.value(), log.head));
          changed.signalAll();
          return log;
        });
  }

  @Override
  public Optional<Batch> claimBatch(
      ShardId shard, ConsumerId consumer, BatchLimits limits, Duration lease)
      throws InterruptedException {
    requirePositive(lease);
    requireNonNull(consumer, "consumer is null");
    lock.lockInterruptibly();
    try {
      Instant giveUp = clock.instant().plus(limits.maxWait());
      while (true) {
        if (Thread.interrupted()) {
          throw new InterruptedException("Interrupted while claiming shard " + shard);
        }
        requireOpen();
        ShardLog log = require(shard);
        Instant now = clock.instant();
        Instant until;
        if (log.isLeased(now) && !consumer.equals(log.consumer)) {
          until = earlier(log.leasedUntil, giveUp);
        } else if (log.head == log.acked) {
          until = giveUp;
        } else {
          Instant lingered = log.at(log.acked + 1).publishedAt().plus(limits.linger());
          if (log.flush > log.acked || log.hasReached(limits) || !lingered.isAfter(now)) {
            return Optional.of(log.claim(consumer, limits, now.plus(lease)));
          }
          until = lingered;
        }
        Duration remaining = Duration.between(now, until);
        if (!remaining.isPositive() || !waiting.await(changed, remaining)) {
          return Optional.empty();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void ack(ShardId shard, Position upTo) {
    locked(
        () -> {
          ShardLog log = require(shard);
          log.acknowledge(upTo.value());
          changed.signalAll();
          return log;
        });
  }

  @Override
  public void nack(BatchId batch, List<Rejection> rejections) {
    locked(
        () -> {
          ShardLog log = requireLease(batch);
          for (Rejection rejection : rejections) {
            Position position = rejection.position();
            if (position.value() > log.upTo) {
              throw new IllegalArgumentException(
                  "Position %s is not in batch %s, which ends at %d"
                      .formatted(position, batch, log.upTo));
            }
          }
          for (Rejection rejection : rejections) {
            long position = rejection.position().value();
            if (position > log.acked && log.heldBack.add(position)) {
              QuarantinedSegment segment =
                  new QuarantinedSegment(log.at(position), rejection.reason(), clock.instant());
              quarantine.add(log.tenant, segment, rejection.table());
            }
          }
          return log;
        });
  }

  @Override
  public void extendLease(BatchId batch, Duration lease) {
    requirePositive(lease);
    locked(() -> requireLease(batch).leasedUntil = clock.instant().plus(lease));
  }

  @Override
  public void release(BatchId batch) {
    locked(
        () -> {
          ShardLog log = require(batch.shard());
          if (log.claim == batch.claim()) {
            log.endClaim();
            changed.signalAll();
          }
          return log;
        });
  }

  @Override
  public int requeueExpired() {
    return locked(
        () -> {
          int ended = 0;
          for (ShardLog log : shards.values()) {
            if (log.consumer != null && !log.isLeased(clock.instant())) {
              log.endClaim();
              ended++;
            }
          }
          changed.signalAll();
          return ended;
        });
  }

  @Override
  public Stream<PublishedSegment> read(ShardId shard, Position after, Position upTo) {
    return locked(
        () -> {
          ShardLog log = require(shard);
          List<PublishedSegment> found = new ArrayList<>();
          for (Partition partition : log.partitions) {
            for (PublishedSegment segment : partition.segments) {
              if (segment.position().compareTo(after) > 0
                  && segment.position().compareTo(upTo) <= 0
                  && !log.heldBack.contains(segment.position().value())) {
                found.add(segment);
              }
            }
          }
          return found.stream();
        });
  }

  @Override
  public List<SegmentCount> count(ShardId shard, Position after, Position upTo, int prefixBytes) {
    return locked(
        () ->
            require(shard).partitions.stream()
                .flatMap(partition -> partition.segments.stream())
                .filter(
                    segment ->
                        segment.position().compareTo(after) > 0
                            && segment.position().compareTo(upTo) <= 0)
                .collect(
                    groupingBy(
                        segment ->
                            ByteBuffer.wrap(
                                segment.payload(),
                                0,
                                Math.min(prefixBytes, segment.payload().length)),
                        summarizingLong(PublishedSegment::rowCount)))
                .entrySet()
                .stream()
                .map(
                    entry -> {
                      byte[] prefix = new byte[entry.getKey().remaining()];
                      entry.getKey().get(prefix);
                      return new SegmentCount(
                          prefix, entry.getValue().getCount(), entry.getValue().getSum());
                    })
                .toList());
  }

  @Override
  public long quarantinedRows(ShardId shard, Position upTo) {
    return locked(
        () ->
            quarantine.all(require(shard).id, true).stream()
                .map(QuarantinedSegment::segment)
                .filter(segment -> segment.position().compareTo(upTo) <= 0)
                .mapToLong(PublishedSegment::rowCount)
                .sum());
  }

  @Override
  public Position head(ShardId shard) {
    return locked(() -> new Position(require(shard).head));
  }

  @Override
  public ShardStatus status(ShardId shard) {
    return locked(() -> require(shard).status(clock.instant()));
  }

  @Override
  public List<ShardStatus> statuses() {
    return locked(() -> shards.values().stream().map(log -> log.status(clock.instant())).toList());
  }

  @Override
  public Stream<QuarantinedSegment> heldBack(ShardId shard, Position after, Position upTo) {
    return locked(
        () ->
            quarantine.all(require(shard).id, true).stream()
                .filter(
                    quarantined ->
                        quarantined.segment().position().compareTo(after) > 0
                            && quarantined.segment().position().compareTo(upTo) <= 0));
  }

  @Override
  public Stream<QuarantinedSegment> quarantined(ShardId shard) {
    return locked(() -> quarantine.all(require(shard).id, false).stream());
  }

  @Override
  public Quarantine quarantine() {
    return quarantine;
  }

  @Override
  public long reclaim() {
    return locked(
        () -> {
          long freedBytes = 0;
          for (ShardLog log : shards.values()) {
            if (log.head == log.acked) {
              log.sealFrom(Math.max(1, options.partitionBytes() / 4));
            }
            freedBytes += log.dropAcknowledged();
          }
          return freedBytes;
        });
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Runs the work while nothing else changes. */
  <T> T locked(Supplier<T> work) {
    lock.lock();
    try {
      requireOpen();
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new BusUnavailableException("Log is closed", false, null);
    }
  }

  private ShardLog require(ShardId shard) {
    ShardLog log = shards.get(shard);
    if (log == null) {
      throw new ShardNotFoundException(shard);
    }
    return log;
  }

  private ShardLog requireLease(BatchId batch) {
    ShardLog log = require(batch.shard());
    if (log.claim != batch.claim() || !log.isLeased(clock.instant())) {
      throw new LeaseLostException(batch);
    }
    return log;
  }

  private static Instant earlier(@Nullable Instant a, Instant b) {
    return a == null || b.isBefore(a) ? b : a;
  }

  private static void requirePositive(Duration lease) {
    if (lease.isNegative() || lease.isZero()) {
      throw new IllegalArgumentException("Lease must be positive: " + lease);
    }
  }

  private static final class Partition {
    final List<PublishedSegment> segments = new ArrayList<>();
    long sizeBytes;
  }

  private static final class ShardLog {
    final ShardId id;
    final String tenant;
    final List<Partition> partitions = new ArrayList<>(List.of(new Partition()));
    final Set<Long> heldBack = new HashSet<>();
    long head;
    long appendedRows;
    long appendedBytes;
    long acked;
    long ackedRows;
    long ackedBytes;
    long flush;
    long claim;
    @Nullable ConsumerId consumer;
    long upTo;
    @Nullable Instant leasedUntil;
    Instant lastPublishedAt = Instant.EPOCH;

    ShardLog(ShardId id, String tenant) {
      this.id = id;
      this.tenant = tenant;
    }

    Position append(Segment segment, Instant now) {
      lastPublishedAt = now.isAfter(lastPublishedAt) ? now : lastPublishedAt;
      head++;
      appendedRows += segment.rowCount();
      appendedBytes += segment.payload().length;
      Position position = new Position(head);
      Partition current = partitions.getLast();
      current.sizeBytes += segment.payload().length;
      current.segments.add(
          new PublishedSegment(
              id, position, segment.rowCount(), lastPublishedAt, segment.payload()));
      return position;
    }

    void sealFrom(long sizeBytes) {
      if (partitions.getLast().sizeBytes >= sizeBytes) {
        partitions.add(new Partition());
      }
    }

    long dropAcknowledged() {
      long freedBytes = 0;
      while (partitions.size() > 1
          && partitions.getFirst().segments.getLast().position().value() <= acked) {
        Partition dropped = partitions.removeFirst();
        dropped.segments.forEach(segment -> heldBack.remove(segment.position().value()));
        freedBytes += dropped.sizeBytes;
      }
      return freedBytes;
    }

    PublishedSegment at(long position) {
      for (Partition partition : partitions) {
        if (!partition.segments.isEmpty()
            && partition.segments.getLast().position().value() >= position) {
          long first = partition.segments.getFirst().position().value();
          return partition.segments.get(Math.toIntExact(position - first));
        }
      }
      throw new IllegalStateException("Position %d of shard %s is gone".formatted(position, id));
    }

    boolean isLeased(Instant now) {
      return consumer != null && leasedUntil != null && leasedUntil.isAfter(now);
    }

    boolean hasReached(BatchLimits limits) {
      return appendedRows - ackedRows >= limits.maxRows()
          || appendedBytes - ackedBytes >= limits.maxBytes();
    }

    Batch claim(ConsumerId claimant, BatchLimits limits, Instant until) {
      long rows = 0;
      long bytes = 0;
      long end = acked;
      int deliveredSegments = 0;
      long deliveredRows = 0;
      long deliveredBytes = 0;
      while (end < head) {
        PublishedSegment next = at(end + 1);
        rows += next.rowCount();
        bytes += next.payload().length;
        if (end > acked && (rows > limits.maxRows() || bytes > limits.maxBytes())) {
          break;
        }
        end++;
        if (!heldBack.contains(end)) {
          deliveredSegments++;
          deliveredRows += next.rowCount();
          deliveredBytes += next.payload().length;
        }
      }
      claim++;
      consumer = claimant;
      upTo = end;
      leasedUntil = until;
      return new Batch(
          new BatchId(id, claim),
          new Position(acked),
          new Position(end),
          deliveredSegments,
          deliveredRows,
          deliveredBytes,
          until);
    }

    void acknowledge(long position) {
      if (position <= acked) {
        return;
      }
      if (position > head) {
        throw new IllegalArgumentException(
            "Cannot acknowledge position %d of shard %s: its head is %d"
                .formatted(position, id, head));
      }
      while (acked < position) {
        PublishedSegment segment = at(acked + 1);
        acked++;
        ackedRows += segment.rowCount();
        ackedBytes += segment.payload().length;
      }
      endClaim();
    }

    void endClaim() {
      consumer = null;
      leasedUntil = null;
      upTo = 0;
    }

    ShardStatus status(Instant now) {
      ConsumerId holder = consumer;
      Instant until = leasedUntil;
      ShardStatus.Lease lease =
          holder == null || until == null || !isLeased(now)
              ? null
              : new ShardStatus.Lease(new BatchId(id, claim), holder, new Position(upTo), until);
      return new ShardStatus(
          id,
          tenant,
          new Position(head),
          new Position(acked),
          appendedRows,
          ackedRows,
          appendedBytes - ackedBytes,
          head == acked ? null : at(acked + 1).publishedAt(),
          lease);
    }
  }
}

package io.duckmesh.bus.postgres;

import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BatchId;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.ConsumerId;
import io.duckmesh.bus.LeaseLostException;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.Rejection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jdbi.v3.core.Handle;

/**
 * Claims, leases and acknowledgements. A claim that waits holds neither transaction nor connection:
 * it looks, notes in {@code bus.waiter} what it waits for, and sleeps until it is notified or its
 * time has come.
 */
final class Claims {
  /**
   * The first look after going to wait comes soon: a transaction that was in flight when the wish
   * was noted does not know of it. Each further one comes later, up to the poll interval.
   */
  private static final Duration FIRST_LOOK = Duration.ofMillis(3);

  private static final int LOOK_GROWTH = 4;

  private final Database database;
  private final ShardSignals signals;
  private final Listener listener;
  private final Duration pollInterval;
  private final BooleanSupplier closed;

  Claims(
      Database database,
      ShardSignals signals,
      Listener listener,
      Duration pollInterval,
      BooleanSupplier closed) {
    this.database = database;
    this.signals = signals;
    this.listener = listener;
    this.pollInterval = pollInterval;
    this.closed = closed;
  }

  Optional<Batch> claim(Shard shard, ConsumerId consumer, BatchLimits limits, Duration lease)
      throws InterruptedException {
    try {
      return awaitClaim(shard, consumer, limits, lease);
    } catch (BusUnavailableException e) {
      if (Thread.interrupted()) {
        // Pools and sockets report an interrupt as a failed connection.
        InterruptedException interrupted =
            new InterruptedException("Interrupted while claiming shard " + shard.id());
        interrupted.initCause(e);
        throw interrupted;
      }
      throw e;
    }
  }

  private Optional<Batch> awaitClaim(
      Shard shard, ConsumerId consumer, BatchLimits limits, Duration lease)
      throws InterruptedException {
    long startedNanos = System.nanoTime();
    ClaimDecision.Kind waitingFor = ClaimDecision.Kind.CLAIM;
    Duration nextLook = FIRST_LOOK;
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException("Interrupted while claiming shard " + shard.id());
      }
      if (closed.getAsBoolean()) {
        throw new BusUnavailableException("Log is closed", false, null);
      }
      long seen = signals.count(shard.shardNo());
      Look look =
          database.query(
              failureOf("claim", shard), handle -> look(handle, shard, consumer, limits));
      ClaimDecision decision = look.decision();
      if (decision.isClaim()) {
        Optional<Batch> batch =
            database.inTransaction(
                failureOf("claim", shard),
                handle -> tryClaim(handle, shard, consumer, limits, lease));
        if (batch.isPresent()) {
          return batch;
        }
        continue;
      }
      Duration atMost = decision.atMost();
      if (decision.endsEmpty()) {
        Duration left = limits.maxWait().minusNanos(System.nanoTime() - startedNanos);
        if (!left.isPositive()) {
          return Optional.empty();
        }
        atMost = shorter(atMost, left);
      }
      if (decision.kind() != waitingFor) {
        waitingFor = decision.kind();
        nextLook = FIRST_LOOK;
        noteWish(shard, look, limits);
      } else if (nextLook.equals(pollInterval)) {
        // The database forgets wishes when it crashes, and another claim may have replaced this.
        noteWish(shard, look, limits);
      }
      boolean told = signals.await(shard.shardNo(), seen, shorter(atMost, nextLook));
      if (told) {
        waitingFor = ClaimDecision.Kind.CLAIM;
      } else {
        nextLook = shorter(nextLook.multipliedBy(LOOK_GROWTH), pollInterval);
      }
    }
  }

  private record Look(ShardDao.StandingRow standing, ClaimDecision decision) {}

  private Look look(Handle handle, Shard shard, ConsumerId consumer, BatchLimits limits) {
    ShardDao.StandingRow standing = handle.attach(ShardDao.class).loadStanding(shard.shardNo());
    return new Look(standing, decide(handle, standing, consumer, limits));
  }

  private ClaimDecision decide(
      Handle handle, ShardDao.StandingRow standing, ConsumerId consumer, BatchLimits limits) {
    Instant leasedUntil = standing.leasedUntil();
    if (leasedUntil != null
        && standing.isLeased()
        && !consumer.value().equals(standing.consumer())) {
      return ClaimDecision.awaitLease(Duration.between(standing.now(), leasedUntil));
    }
    if (standing.head() == standing.acked()) {
      return ClaimDecision.AWAIT_SEGMENT;
    }
    if (standing.isFlushRequested()
        || standing.appendedRows() - standing.ackedRows() >= limits.maxRows()
        || standing.appendedBytes() - standing.ackedBytes() >= limits.maxBytes()
        || limits.linger().isZero()) {
      return ClaimDecision.CLAIM;
    }
    Optional<Instant> oldest = findOldest(handle, standing);
    if (oldest.isEmpty()) {
      // Acknowledged between the two statements.
      return ClaimDecision.AWAIT_SEGMENT;
    }
    return ClaimDecision.linger(
        Duration.between(standing.now(), oldest.get().plus(limits.linger())));
  }

  private static Optional<Instant> findOldest(Handle handle, ShardDao.StandingRow standing) {
    Integer part = standing.oldestPart();
    return part == null
        ? Optional.empty()
        : findSegment(handle, part, standing.acked() + 1).map(SegmentTotals::publishedAt);
  }

  private void noteWish(Shard shard, Look look, BatchLimits limits) {
    long listenerId = listener.id();
    if (listenerId == 0) {
      return;
    }
    ShardDao.StandingRow standing = look.standing();
    boolean forLease = look.decision().kind() == ClaimDecision.Kind.AWAIT_LEASE;
    boolean forSegment = look.decision().kind() == ClaimDecision.Kind.AWAIT_SEGMENT;
    long wakeRows =
        forSegment
            ? standing.appendedRows() + 1
            : saturatedAdd(standing.ackedRows(), limits.maxRows());
    long wakeBytes =
        forSegment ? Long.MAX_VALUE : saturatedAdd(standing.ackedBytes(), limits.maxBytes());
    database.query(
        failureOf("claim", shard),
        handle -> {
          handle
              .attach(ClaimDao.class)
              .await(shard.shardNo(), listenerId, wakeRows, wakeBytes, forLease);
          return true;
        });
  }

  private Optional<Batch> tryClaim(
      Handle handle, Shard shard, ConsumerId consumer, BatchLimits limits, Duration lease) {
    ClaimDao claims = handle.attach(ClaimDao.class);
    claims.lock(shard.shardNo());
    // Looks again behind the lock: the first look decided only that trying is worth it.
    Look look = look(handle, shard, consumer, limits);
    if (!look.decision().isClaim()) {
      return Optional.empty();
    }
    ShardDao.StandingRow standing = look.standing();
    Reach reach = reach(handle, standing, limits);
    ClaimDao.HeldBackRow heldBack =
        claims.sumHeldBack(shard.shardNo(), standing.acked(), reach.upTo());
    Instant leasedUntil =
        claims.claim(shard.shardNo(), consumer.value(), reach.upTo(), seconds(lease));
    return Optional.of(
        new Batch(
            new BatchId(shard.id(), standing.claim() + 1),
            new Position(standing.acked()),
            new Position(reach.upTo()),
            Math.toIntExact(reach.upTo() - standing.acked() - heldBack.segmentCount()),
            reach.rowsThrough() - standing.ackedRows() - heldBack.rowCount(),
            reach.bytesThrough() - standing.ackedBytes() - heldBack.sizeBytes(),
            leasedUntil));
  }

  /** How far a batch goes, with the shard's totals there. */
  private record Reach(long upTo, long rowsThrough, long bytesThrough) {}

  record Beyond(long position, int rowCount, int sizeBytes, long rowsThrough, long bytesThrough) {}

  private static Reach reach(Handle handle, ShardDao.StandingRow standing, BatchLimits limits) {
    Reach all = new Reach(standing.head(), standing.appendedRows(), standing.appendedBytes());
    long rowsLimit = saturatedAdd(standing.ackedRows(), limits.maxRows());
    long bytesLimit = saturatedAdd(standing.ackedBytes(), limits.maxBytes());
    if (all.rowsThrough() <= rowsLimit && all.bytesThrough() <= bytesLimit) {
      return all;
    }
    List<Integer> parts =
        handle
            .attach(ShardDao.class)
            .listPartitions(standing.shardNo(), standing.acked(), standing.head());
    for (int part : parts) {
      Optional<Beyond> found =
          handle
              .createQuery(Partitions.findFirstBeyond(part))
              .bind("after", standing.acked())
              .bind("rowsLimit", rowsLimit)
              .bind("bytesLimit", bytesLimit)
              .mapTo(Beyond.class)
              .findOne();
      if (found.isPresent()) {
        Beyond beyond = found.get();
        return beyond.position() == standing.acked() + 1
            ? new Reach(beyond.position(), beyond.rowsThrough(), beyond.bytesThrough())
            : new Reach(
                beyond.position() - 1,
                beyond.rowsThrough() - beyond.rowCount(),
                beyond.bytesThrough() - beyond.sizeBytes());
      }
    }
    return all;
  }

  void acknowledge(Shard shard, long upTo) {
    database.useTransaction(
        failureOf("acknowledge", shard),
        handle -> {
          ClaimDao claims = handle.attach(ClaimDao.class);
          claims.lock(shard.shardNo());
          ShardDao.StandingRow standing =
              handle.attach(ShardDao.class).loadStanding(shard.shardNo());
          if (upTo <= standing.acked()) {
            return;
          }
          if (upTo > standing.head()) {
            throw new IllegalArgumentException(
                "Cannot acknowledge position %d of shard %s: its head is %d"
                    .formatted(upTo, shard.id(), standing.head()));
          }
          Reach totals = totalsAt(handle, standing, upTo);
          claims.acknowledge(shard.shardNo(), upTo, totals.rowsThrough(), totals.bytesThrough());
          claims.notifyLeaseEnded(shard.shardNo());
        });
  }

  private static Reach totalsAt(Handle handle, ShardDao.StandingRow standing, long position) {
    if (position == standing.head()) {
      return new Reach(position, standing.appendedRows(), standing.appendedBytes());
    }
    return handle
        .attach(ShardDao.class)
        .listPartitions(standing.shardNo(), position - 1, position)
        .stream()
        .flatMap(part -> findSegment(handle, part, position).stream())
        .map(totals -> new Reach(position, totals.rowsThrough(), totals.bytesThrough()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "Position %d of shard number %d is neither acknowledged nor there"
                        .formatted(position, standing.shardNo())));
  }

  void quarantine(Shard shard, BatchId batch, List<Rejection> rejections) {
    database.useTransaction(
        failureOf("quarantine segments of", shard),
        handle -> {
          ClaimDao.LeaseRow lease =
              handle
                  .attach(ClaimDao.class)
                  .lockLease(shard.shardNo(), batch.claim())
                  .orElseThrow(() -> new LeaseLostException(batch));
          List<Rejection> wanted =
              rejections.stream()
                  .filter(rejection -> rejection.position().value() > lease.acked())
                  .toList();
          for (Rejection rejection : wanted) {
            if (rejection.position().value() > lease.upTo()) {
              throw new IllegalArgumentException(
                  "Position %s is not in batch %s, which ends at %d"
                      .formatted(rejection.position(), batch, lease.upTo()));
            }
          }
          if (wanted.isEmpty()) {
            return;
          }
          List<Integer> parts =
              handle
                  .attach(ShardDao.class)
                  .listPartitions(shard.shardNo(), lease.acked(), lease.upTo());
          for (int part : parts) {
            handle
                .createUpdate(Partitions.quarantine(part))
                .bind("shardNo", shard.shardNo())
                .bind(
                    "positions",
                    wanted.stream().mapToLong(rejection -> rejection.position().value()).toArray())
                .bind("reasons", wanted.stream().map(Rejection::reason).toArray(String[]::new))
                .bind("tables", wanted.stream().map(Rejection::table).toArray(UUID[]::new))
                .execute();
          }
        });
  }

  void extend(Shard shard, BatchId batch, Duration lease) {
    int extended =
        database.query(
            failureOf("extend a lease of", shard),
            handle ->
                handle
                    .attach(ClaimDao.class)
                    .extend(shard.shardNo(), batch.claim(), seconds(lease)));
    if (extended == 0) {
      throw new LeaseLostException(batch);
    }
  }

  void release(Shard shard, BatchId batch) {
    database.useTransaction(
        failureOf("release a batch of", shard),
        handle -> {
          ClaimDao claims = handle.attach(ClaimDao.class);
          if (claims.release(shard.shardNo(), batch.claim()) > 0) {
            claims.notifyLeaseEnded(shard.shardNo());
          }
        });
  }

  record SegmentTotals(long rowsThrough, long bytesThrough, Instant publishedAt) {}

  static Optional<SegmentTotals> findSegment(Handle handle, int part, long position) {
    return handle
        .createQuery(Partitions.findSegment(part))
        .bind("position", position)
        .mapTo(SegmentTotals.class)
        .findOne();
  }

  private static String failureOf(String verb, Shard shard) {
    return "Cannot " + verb + " shard " + shard.id();
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / (double) TimeUnit.SECONDS.toNanos(1);
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private static long saturatedAdd(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }
}

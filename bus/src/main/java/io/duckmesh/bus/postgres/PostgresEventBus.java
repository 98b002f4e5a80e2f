package io.duckmesh.bus.postgres;

import static java.util.Objects.requireNonNull;

import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BatchId;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.ConsumerId;
import io.duckmesh.bus.EventBus;
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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log on PostgreSQL: publishing through one appender, everything else on pooled connections.
 */
final class PostgresEventBus implements EventBus {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresEventBus.class);

  private static final long QUARANTINE_PAGE_BYTES = 8L << 20;

  /** Readers of a partition that is being emptied queue behind the attempt for so long. */
  private static final String RECLAIM_LOCK_TIMEOUT = "100ms";

  private final Database database;
  private final BusOptions options;
  private final Appender appender;
  private final ShardSignals signals = new ShardSignals();
  private final Listener listener;
  private final Claims claims;
  private final Quarantine quarantine;
  private final Map<ShardId, Shard> shards = new ConcurrentHashMap<>();
  private volatile boolean closed;

  private PostgresEventBus(DataSource pool, DataSource dedicated, BusOptions options) {
    this.database = new Database(pool);
    this.options = options;
    this.appender = new Appender(dedicated, options);
    this.listener = new Listener(dedicated, signals);
    this.claims = new Claims(database, signals, listener, options.pollInterval(), () -> closed);
    this.quarantine = new PostgresQuarantine(database, this::require);
  }

  static EventBus start(DataSource pool, DataSource dedicated, BusOptions options) {
    PostgresEventBus bus = new PostgresEventBus(pool, dedicated, options);
    bus.appender.start();
    bus.listener.start();
    return bus;
  }

  @Override
  public void ensureShard(ShardId shard, String tenant) {
    requireNonNull(tenant, "tenant is null");
    if (!shards.containsKey(shard)) {
      database.useTransaction(
          "Cannot make shard " + shard, handle -> createShard(handle, shard, tenant));
    }
    Shard known = require(shard);
    if (!known.tenant().equals(tenant)) {
      throw new IllegalArgumentException(
          "Shard %s belongs to tenant %s, not %s".formatted(shard, known.tenant(), tenant));
    }
  }

  private static void createShard(Handle handle, ShardId shard, String tenant) {
    ShardDao dao = handle.attach(ShardDao.class);
    Optional<Integer> inserted = dao.insertShard(shard.value(), tenant);
    if (inserted.isEmpty()) {
      return;
    }
    int shardNo = inserted.get();
    dao.insertClaim(shardNo);
    for (int i = 0; i < Partitions.PER_SHARD; i++) {
      int part = dao.insertPartition(shardNo, i == 0 ? 1L : null);
      handle.createScript(Partitions.create(part)).execute();
      if (i == 0) {
        dao.setPartition(shardNo, part);
      }
    }
    LOG.info("Shard made: shard={} shard_no={} tenant={}", shard, shardNo, tenant);
  }

  @Override
  public List<Position> publish(List<Segment> segments) {
    if (segments.isEmpty()) {
      return List.of();
    }
    List<Segment> copy = List.copyOf(segments);
    List<Shard> targets = new ArrayList<>(copy.size());
    for (Segment segment : copy) {
      targets.add(require(segment.shard()));
    }
    return appender.append(Appender.Request.of(copy, targets));
  }

  @Override
  public void requestFlush(ShardId shardId, Position upTo) {
    Shard shard = require(shardId);
    database.query(
        "Cannot request a flush of shard " + shardId,
        handle -> handle.attach(ClaimDao.class).requestFlush(shard.shardNo(), upTo.value()));
  }

  @Override
  public Optional<Batch> claimBatch(
      ShardId shard, ConsumerId consumer, BatchLimits limits, Duration lease)
      throws InterruptedException {
    requirePositive(lease);
    requireNonNull(consumer, "consumer is null");
    return claims.claim(require(shard), consumer, limits, lease);
  }

  @Override
  public void ack(ShardId shard, Position upTo) {
    claims.acknowledge(require(shard), upTo.value());
  }

  @Override
  public void nack(BatchId batch, List<Rejection> rejections) {
    claims.quarantine(require(batch.shard()), batch, List.copyOf(rejections));
  }

  @Override
  public void extendLease(BatchId batch, Duration lease) {
    requirePositive(lease);
    claims.extend(require(batch.shard()), batch, lease);
  }

  @Override
  public void release(BatchId batch) {
    claims.release(require(batch.shard()), batch);
  }

  @Override
  public int requeueExpired() {
    return database.query(
        "Cannot end expired claims", handle -> handle.attach(ClaimDao.class).releaseExpired());
  }

  @Override
  public Stream<PublishedSegment> read(ShardId shardId, Position after, Position upTo) {
    Shard shard = require(shardId);
    return database.query(
        "Cannot read shard " + shardId,
        handle -> {
          ShardDao dao = handle.attach(ShardDao.class);
          // Partitions after the head: what the list misses lies behind the head that was read.
          long end = Math.min(upTo.value(), dao.loadHead(shard.shardNo()));
          List<Integer> parts = dao.listPartitions(shard.shardNo(), after.value(), end);
          return stream(new SegmentReader(database, shard, after.value(), end, parts));
        });
  }

  @Override
  public List<SegmentCount> count(ShardId shardId, Position after, Position upTo, int prefixBytes) {
    Shard shard = require(shardId);
    return database.query(
        "Cannot count segments of shard " + shardId,
        handle -> {
          List<Integer> parts =
              handle
                  .attach(ShardDao.class)
                  .listPartitions(shard.shardNo(), after.value(), upTo.value());
          if (parts.isEmpty()) {
            return List.of();
          }
          return handle
              .createQuery(Partitions.count(parts))
              .bind("after", after.value())
              .bind("upTo", upTo.value())
              .bind("prefixBytes", prefixBytes)
              .map(
                  (row, context) ->
                      new SegmentCount(
                          row.getBytes("prefix"),
                          row.getLong("segments"),
                          row.getLong("row_count")))
              .list();
        });
  }

  @Override
  public long quarantinedRows(ShardId shardId, Position upTo) {
    Shard shard = require(shardId);
    return database.query(
        "Cannot count the quarantine of shard " + shardId,
        handle -> handle.attach(QuarantineDao.class).countRows(shard.shardNo(), upTo.value()));
  }

  @Override
  public Position head(ShardId shardId) {
    Shard shard = require(shardId);
    return new Position(
        database.query(
            "Cannot read the head of shard " + shardId,
            handle -> handle.attach(ShardDao.class).loadHead(shard.shardNo())));
  }

  @Override
  public ShardStatus status(ShardId shardId) {
    Shard shard = require(shardId);
    return database.query(
        "Cannot read the status of shard " + shardId, handle -> loadStatus(handle, shard));
  }

  @Override
  public List<ShardStatus> statuses() {
    return database.query(
        "Cannot read the status of the shards",
        handle ->
            handle.attach(ShardDao.class).listShards().stream()
                .map(row -> loadStatus(handle, shard(row)))
                .toList());
  }

  private static ShardStatus loadStatus(Handle handle, Shard shard) {
    ShardDao.StandingRow standing = handle.attach(ShardDao.class).loadStanding(shard.shardNo());
    Integer oldestPart = standing.oldestPart();
    Instant oldestUnacked =
        standing.head() == standing.acked() || oldestPart == null
            ? null
            : Claims.findSegment(handle, oldestPart, standing.acked() + 1)
                .map(Claims.SegmentTotals::publishedAt)
                .orElse(null);
    String consumer = standing.consumer();
    Long upTo = standing.upTo();
    Instant leasedUntil = standing.leasedUntil();
    ShardStatus.Lease lease =
        !standing.isLeased() || consumer == null || upTo == null || leasedUntil == null
            ? null
            : new ShardStatus.Lease(
                new BatchId(shard.id(), standing.claim()),
                new ConsumerId(consumer),
                new Position(upTo),
                leasedUntil);
    return new ShardStatus(
        shard.id(),
        shard.tenant(),
        new Position(standing.head()),
        new Position(standing.acked()),
        standing.appendedRows(),
        standing.ackedRows(),
        standing.appendedBytes() - standing.ackedBytes(),
        oldestUnacked,
        lease);
  }

  @Override
  public Stream<QuarantinedSegment> heldBack(ShardId shard, Position after, Position upTo) {
    return quarantined(require(shard), after.value(), upTo.value(), true);
  }

  @Override
  public Stream<QuarantinedSegment> quarantined(ShardId shard) {
    return quarantined(require(shard), 0, Long.MAX_VALUE, false);
  }

  private Stream<QuarantinedSegment> quarantined(
      Shard shard, long after, long upTo, boolean finishedToo) {
    return Stream.iterate(
            quarantinePage(shard, after, upTo, finishedToo),
            page -> !page.isEmpty(),
            page -> quarantinePage(shard, page.getLast().position(), upTo, finishedToo))
        .flatMap(List::stream)
        .map(
            row ->
                new QuarantinedSegment(
                    new PublishedSegment(
                        shard.id(),
                        new Position(row.position()),
                        row.rowCount(),
                        row.publishedAt(),
                        row.payload()),
                    row.reason(),
                    row.quarantinedAt()));
  }

  private List<QuarantineDao.QuarantineRow> quarantinePage(
      Shard shard, long after, long upTo, boolean finishedToo) {
    return database.query(
        "Cannot read the quarantine of shard " + shard.id(),
        handle ->
            handle
                .attach(QuarantineDao.class)
                .listPage(shard.shardNo(), after, upTo, finishedToo, QUARANTINE_PAGE_BYTES));
  }

  @Override
  public Quarantine quarantine() {
    return quarantine;
  }

  @Override
  public long reclaim() {
    List<ShardDao.PartitionRow> candidates =
        database.query(
            "Cannot list partitions to free",
            handle -> {
              handle.attach(ClaimDao.class).forgetWaiters();
              ShardDao dao = handle.attach(ShardDao.class);
              // Leaving an acknowledged partition early frees it although nothing more arrives.
              for (ShardDao.PartitionRow current :
                  dao.listCurrentToLeave(
                      options.partitionBytes(), Math.max(1, options.partitionBytes() / 4))) {
                Partitions.rotate(handle.getConnection(), current.shardNo(), current.part());
              }
              return dao.listAcknowledged();
            });
    long freedBytes = 0;
    for (ShardDao.PartitionRow candidate : candidates) {
      if (free(candidate)) {
        freedBytes += candidate.sizeBytes();
        LOG.debug(
            "Partition freed: shard_no={} part={} size_bytes={}",
            candidate.shardNo(),
            candidate.part(),
            candidate.sizeBytes());
      }
    }
    return freedBytes;
  }

  /**
   * Empties a sealed partition. Publishers are never behind it: they write to the current one only,
   * and this becomes free for them with the commit.
   */
  private boolean free(ShardDao.PartitionRow candidate) {
    try {
      return database.inTransaction(
          "Cannot free partition " + candidate.part(),
          handle -> {
            if (handle.attach(ShardDao.class).freePartition(candidate.part()) == 0) {
              return false;
            }
            handle.execute("SET LOCAL lock_timeout = '" + RECLAIM_LOCK_TIMEOUT + "'");
            handle.execute(Partitions.truncate(candidate.part()));
            return true;
          });
    } catch (BusUnavailableException e) {
      if (SqlFailures.hasState(e, SqlFailures.LOCK_NOT_AVAILABLE)) {
        LOG.debug("Partition is being read and stays for now: part={}", candidate.part());
        return false;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    closed = true;
    appender.close();
    listener.close();
    signals.raiseAll();
  }

  private Shard require(ShardId id) {
    Shard known = shards.get(requireNonNull(id, "shard is null"));
    if (known != null) {
      return known;
    }
    if (closed) {
      throw new BusUnavailableException("Log is closed", false, null);
    }
    Shard found =
        database.query(
            "Cannot look up shard " + id,
            handle ->
                handle
                    .attach(ShardDao.class)
                    .findShard(id.value())
                    .map(PostgresEventBus::shard)
                    .orElseThrow(() -> new ShardNotFoundException(id)));
    shards.put(id, found);
    return found;
  }

  private static Shard shard(ShardDao.ShardRow row) {
    return new Shard(row.shardNo(), new ShardId(row.shard()), row.tenant());
  }

  private static <T> Stream<T> stream(Iterator<T> iterator) {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(iterator, Spliterator.ORDERED | Spliterator.NONNULL),
        false);
  }

  private static void requirePositive(Duration lease) {
    if (lease.isNegative() || lease.isZero()) {
      throw new IllegalArgumentException("Lease must be positive: " + lease);
    }
  }
}

package io.duckmesh.api;

import io.duckmesh.api.tables.Schemas;
import io.duckmesh.bus.Batch;
import io.duckmesh.bus.BatchLimits;
import io.duckmesh.bus.ConsumerId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.bus.QuarantinedSegment;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.SegmentOutcome;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectWriter;
import io.duckmesh.engine.parquet.DataFileWriter;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.segment.DecodedSegment;
import io.duckmesh.engine.segment.SegmentCodec;
import io.duckmesh.engine.segment.SegmentHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/**
 * Lands what is in the log, one thread per shard, as plainly as the contracts allow: one file per
 * table and batch, request keys and event keys recorded. It can be held, and told to quarantine a
 * table's events.
 */
final class TestLander implements AutoCloseable {
  private static final BatchLimits LIMITS =
      BatchLimits.DEFAULTS.withLinger(Duration.ofMillis(300)).withMaxWait(Duration.ofMillis(200));
  private static final Duration LEASE = Duration.ofSeconds(30);

  private final Catalog catalog;
  private final EventBus bus;
  private final ObjectStore store;
  private final BufferAllocator allocator = new RootAllocator();
  private final ReentrantReadWriteLock holding = new ReentrantReadWriteLock(true);
  private final Set<TableId> quarantined = java.util.concurrent.ConcurrentHashMap.newKeySet();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closed;

  TestLander(Catalog catalog, EventBus bus, ObjectStore store) {
    this.catalog = catalog;
    this.bus = bus;
    this.store = store;
  }

  TestLander start(List<ShardId> shards) {
    for (ShardId shard : shards) {
      threads.add(Thread.ofPlatform().name("lander-" + shard).start(() -> run(shard)));
    }
    return this;
  }

  /** Nothing lands until the returned hold is closed. */
  Hold hold() {
    holding.writeLock().lock();
    return holding.writeLock()::unlock;
  }

  interface Hold extends AutoCloseable {
    @Override
    void close();
  }

  /** From now on, events of the table go to quarantine. */
  void quarantine(TableId table) {
    quarantined.add(table);
  }

  /** From now on, events of the table land again. */
  void land(TableId table) {
    quarantined.remove(table);
  }

  private void run(ShardId shard) {
    io.duckmesh.bus.ShardId busShard = new io.duckmesh.bus.ShardId(shard.value());
    ConsumerId consumer = new ConsumerId("lander-" + UUID.randomUUID());
    while (!closed) {
      try {
        holding.readLock().lock();
        try {
          Optional<Batch> batch = bus.claimBatch(busShard, consumer, LIMITS, LEASE);
          while (batch.isPresent() && !land(shard, batch.get())) {
            // A table was dropped in between: the next attempt sees that.
          }
        } finally {
          holding.readLock().unlock();
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Lands the batch; false if it has to be done again. */
  private boolean land(ShardId shard, Batch batch) {
    long after = batch.after().value();
    long upTo = batch.upTo().value();
    WriteId write = catalog.writes().begin(shard, after, upTo, "test");
    Map<TableId, List<Taken>> byTable = new LinkedHashMap<>();
    List<PublishedSegment> segments;
    try (Stream<PublishedSegment> read = bus.read(batch.id().shard(), batch.after(), batch.upTo());
        Stream<QuarantinedSegment> heldBack =
            bus.heldBack(batch.id().shard(), batch.after(), batch.upTo())) {
      // What an attempt before this one moved to quarantine is decided again, the same way.
      segments =
          Stream.concat(read, heldBack.map(QuarantinedSegment::segment))
              .sorted(Comparator.comparing(PublishedSegment::position))
              .toList();
    }
    List<SegmentOutcome> outcomes = new ArrayList<>();
    for (PublishedSegment segment : segments) {
      SegmentHeader header = SegmentCodec.header(segment.payload());
      byTable
          .computeIfAbsent(new TableId(header.tableId()), id -> new ArrayList<>())
          .add(new Taken(segment, header));
    }
    List<DataFile> files = new ArrayList<>();
    List<TableCounts> counts = new ArrayList<>();
    byTable.forEach((table, taken) -> landTable(write, table, taken, files, counts, outcomes));
    catalog.writes().prepare(write, new PreparedWrite(files, counts, outcomes));
    for (SegmentOutcome outcome : outcomes) {
      TableId table = outcome.table();
      if (outcome.quarantined() > 0 && table != null) {
        bus.nack(
            batch.id(),
            List.of(new Position(outcome.position())),
            String.valueOf(outcome.reason()),
            table.value());
      }
    }
    try {
      catalog.writes().commit(write);
    } catch (CommitConflictException e) {
      catalog.writes().abandon(write);
      return false;
    }
    bus.ack(batch.id().shard(), batch.upTo());
    return true;
  }

  private record Taken(PublishedSegment segment, SegmentHeader header) {}

  private void landTable(
      WriteId write,
      TableId table,
      List<Taken> taken,
      List<DataFile> files,
      List<TableCounts> counts,
      List<SegmentOutcome> outcomes) {
    long duplicates = 0;
    long visible = 0;
    long bad = 0;
    boolean dropped = catalog.tables().find(table).orElseThrow().dropped();
    Set<KeyHash> inBatch = new HashSet<>();
    List<DecodedSegment> opened = new ArrayList<>();
    List<RowSelection> selections = new ArrayList<>();
    RowSchema schema =
        Schemas.toRowSchema(
            catalog
                .tables()
                .findSchema(table, taken.getFirst().header().schemaVersion())
                .orElseThrow());
    try {
      for (Taken one : taken) {
        int rows = one.header().rowCount();
        long position = one.segment().position().value();
        if (one.header().rejected()) {
          boolean repeated = isRepeated(table, one.header(), inBatch);
          duplicates += repeated ? rows : 0;
          bad += repeated ? 0 : rows;
          outcomes.add(
              new SegmentOutcome(
                  position,
                  table,
                  rows,
                  repeated ? rows : 0,
                  repeated ? 0 : rows,
                  repeated ? null : "Rows do not fit"));
          continue;
        }
        if (dropped || quarantined.contains(table)) {
          bad += rows;
          outcomes.add(new SegmentOutcome(position, table, rows, 0, rows, "The test says so"));
          continue;
        }
        DecodedSegment decoded = SegmentCodec.decode(one.segment().payload(), schema, allocator);
        opened.add(decoded);
        BitSet fresh = fresh(table, decoded.rows(), one.header(), inBatch);
        int kept = fresh.cardinality();
        visible += kept;
        duplicates += rows - kept;
        if (kept < rows) {
          outcomes.add(new SegmentOutcome(position, table, rows, rows - kept, 0, null));
        }
        if (kept > 0) {
          selections.add(new RowSelection(decoded.rows(), fresh));
        }
      }
      catalog.writes().recordKeys(write, table, inBatch);
      if (!selections.isEmpty()) {
        files.add(write(write, table, schema, selections));
      }
    } finally {
      opened.forEach(DecodedSegment::close);
    }
    counts.add(new TableCounts(table, visible, duplicates, bad));
  }

  private BitSet fresh(TableId table, RowBatch rows, SegmentHeader header, Set<KeyHash> inBatch) {
    BitSet fresh = new BitSet(rows.rowCount());
    if (isRepeated(table, header, inBatch)) {
      return fresh;
    }
    if (rows.eventKeys() == null) {
      fresh.set(0, rows.rowCount());
      return fresh;
    }
    List<KeyHash> keys = rows.eventKeys().stream().map(TestLander::toCatalog).toList();
    Set<KeyHash> landed = catalog.writes().findLanded(table, keys);
    for (int i = 0; i < keys.size(); i++) {
      if (!landed.contains(keys.get(i)) && inBatch.add(keys.get(i))) {
        fresh.set(i);
      }
    }
    return fresh;
  }

  private boolean isRepeated(TableId table, SegmentHeader header, Set<KeyHash> inBatch) {
    if (header.requestKey() == null) {
      return false;
    }
    KeyHash request = toCatalog(header.requestKey());
    boolean landed = !catalog.writes().findLanded(table, List.of(request)).isEmpty();
    return landed || !inBatch.add(request);
  }

  private static KeyHash toCatalog(io.duckmesh.engine.segment.KeyHash hash) {
    return new KeyHash(hash.high(), hash.low());
  }

  private DataFile write(
      WriteId write, TableId table, RowSchema schema, List<RowSelection> selections) {
    String key =
        "%s/%s/%s-%s.parquet"
            .formatted(TestDatabase.TENANT, table, write, UUID.randomUUID().toString());
    catalog.writes().registerPending(write, table, List.of(key));
    try (ObjectWriter writer = store.create(new ObjectKey(key))) {
      WrittenFile written = DataFileWriter.write(schema, selections, writer.stream());
      writer.publish();
      return new DataFile(
          table,
          key,
          schema.version(),
          written.rowCount(),
          written.sizeBytes(),
          written.contentHash(),
          List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      thread.interrupt();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    allocator.close();
  }
}

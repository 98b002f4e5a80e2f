package io.duckmesh.activities.materialize;

import io.duckmesh.activities.ActivityFailures;
import io.duckmesh.bus.BatchId;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.LeaseLostException;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.bus.QuarantinedSegment;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.CommitConflictException;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.segment.CorruptSegmentException;
import io.duckmesh.engine.segment.DecodedSegment;
import io.duckmesh.engine.segment.SegmentCodec;
import io.duckmesh.engine.segment.SegmentHeader;
import io.duckmesh.workflows.materialize.ClaimedBatch;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a batch of the log into a prepared write: reads it in log order, leaves out what has landed
 * before, and writes the rest as data files.
 */
final class BatchWriter {
  private static final Logger log = LoggerFactory.getLogger(BatchWriter.class);

  /** Payload that is read, decoded and checked for duplicates at a time. */
  private static final long CHUNK_BYTES = 16L << 20;

  /**
   * The attempt from which a failure over rows is blamed on a segment. A segment fails every time;
   * what failed twice and was something else, such as a worker being stopped, has passed by then.
   */
  private static final int BLAMING_ATTEMPT = 3;

  private static final int MAX_TABLE_NAMES = 10;

  private final Catalog catalog;
  private final EventBus bus;
  private final TableSchemas schemas;
  private final DataFiles dataFiles;
  private final MaterializeSettings settings;
  private final BufferAllocator allocator;
  private final AtomicInteger running = new AtomicInteger();

  BatchWriter(
      Catalog catalog,
      EventBus bus,
      TableSchemas schemas,
      DataFiles dataFiles,
      MaterializeSettings settings,
      BufferAllocator allocator) {
    this.catalog = catalog;
    this.bus = bus;
    this.schemas = schemas;
    this.dataFiles = dataFiles;
    this.settings = settings;
    this.allocator = allocator;
  }

  /** A write that waits to be committed. */
  record Written(
      WriteId write,
      int files,
      long visible,
      long duplicates,
      long quarantined,
      List<String> tables) {}

  /**
   * Writes the batch.
   *
   * @param attempt how often the step has been tried, this time included
   * @param progress is told in words how far it is
   * @throws BatchLostException if the batch has landed, or its lease is lost
   */
  Written write(ClaimedBatch batch, int attempt, String owner, StopSignal stop, Progress progress) {
    running.incrementAndGet();
    try {
      // Ends: each round but the last moves at least one more segment to quarantine.
      while (true) {
        stop.check();
        WriteId write = begin(batch, owner);
        boolean prepared = false;
        try (Pass pass = new Pass(batch, write, attempt, stop, progress)) {
          Optional<Written> written = pass.run();
          if (written.isPresent()) {
            prepared = true;
            return written.get();
          }
        } finally {
          if (!prepared) {
            abandon(write);
          }
        }
      }
    } finally {
      running.decrementAndGet();
    }
  }

  private WriteId begin(ClaimedBatch batch, String owner) {
    try {
      return catalog.writes().begin(new ShardId(batch.shard()), batch.after(), batch.upTo(), owner);
    } catch (CommitConflictException e) {
      throw new BatchLostException(e.getMessage(), e);
    }
  }

  /** Gives the write up; its files are left to collection. */
  void abandon(WriteId write) {
    try {
      catalog.writes().abandon(write);
    } catch (CatalogUnavailableException e) {
      log.warn("Write stays pending until collection finds it write_id={}", write, e);
    }
  }

  /** One reading of the batch. */
  private final class Pass implements AutoCloseable {
    private final ClaimedBatch batch;
    private final io.duckmesh.bus.ShardId shard;
    private final WriteId write;
    private final boolean blaming;
    private final StopSignal stop;
    private final Progress progress;
    private final BufferAllocator buffers;

    private final BatchAccounts accounts = new BatchAccounts();
    private final Map<TableId, Optional<TableInfo>> tables = new HashMap<>();
    private final Map<TableId, Set<KeyHash>> seenKeys = new HashMap<>();
    private final Map<Version, TableRows> waiting = new LinkedHashMap<>();
    private final List<TableRows> full = new ArrayList<>();
    private final List<DataFile> files = new ArrayList<>();
    private final List<RejectedSegment> rejected = new ArrayList<>();
    private final List<RejectedSegment> unwritable = new ArrayList<>();
    private long accepted;
    private long rowsRead;

    Pass(ClaimedBatch batch, WriteId write, int attempt, StopSignal stop, Progress progress) {
      this.batch = batch;
      this.shard = new io.duckmesh.bus.ShardId(batch.shard());
      this.write = write;
      this.blaming = attempt >= BLAMING_ATTEMPT;
      this.stop = stop;
      this.progress = progress;
      this.buffers = allocator.newChildAllocator("write " + write, 0, Long.MAX_VALUE);
    }

    /** Empty if rows could not be written and their segments went to quarantine: read again. */
    Optional<Written> run() {
      Position position = new Position(batch.after());
      Position end = new Position(batch.upTo());
      while (position.compareTo(end) < 0) {
        List<PublishedSegment> chunk = readChunk(position, end);
        if (chunk.isEmpty()) {
          break;
        }
        take(chunk);
        position = chunk.getLast().position();
        writeFullGroups();
      }
      full.addAll(waiting.values());
      waiting.clear();
      writeGroups();
      if (!unwritable.isEmpty()) {
        // Keys of these segments may have made duplicates of others: decide anew without them.
        quarantine(unwritable);
        return Optional.empty();
      }
      quarantine(rejected);
      countQuarantined();
      catalog
          .writes()
          .prepare(write, new PreparedWrite(files, accounts.counts(), accounts.outcomes()));
      return Optional.of(
          new Written(
              write,
              files.size(),
              accounts.visible(),
              accounts.duplicates(),
              accounts.quarantined(),
              tableNames()));
    }

    @Override
    public void close() {
      waiting.values().forEach(TableRows::close);
      full.forEach(TableRows::close);
      buffers.close();
    }

    private List<PublishedSegment> readChunk(Position after, Position upTo) {
      List<PublishedSegment> chunk = new ArrayList<>();
      long sizeBytes = 0;
      try (Stream<PublishedSegment> segments = bus.read(shard, after, upTo)) {
        Iterator<PublishedSegment> iterator = segments.iterator();
        while (sizeBytes < CHUNK_BYTES && iterator.hasNext()) {
          stop.check();
          PublishedSegment segment = iterator.next();
          chunk.add(segment);
          sizeBytes += segment.payload().length;
        }
      }
      return chunk;
    }

    private void take(List<PublishedSegment> chunk) {
      List<Decoded> decoded = new ArrayList<>();
      try {
        for (PublishedSegment segment : chunk) {
          stop.check();
          decode(segment).ifPresent(decoded::add);
          rowsRead += segment.rowCount();
          progress.words(
              "read %,d of %,d rows of positions %d to %d",
              rowsRead, batch.rows(), batch.after() + 1, batch.upTo());
        }
        Map<TableId, Set<KeyHash>> landed = findLanded(decoded);
        Map<TableId, List<KeyHash>> newKeys = new LinkedHashMap<>();
        for (Decoded segment : decoded) {
          select(
              segment,
              landed.getOrDefault(segment.table().id(), Set.of()),
              seenKeys.computeIfAbsent(segment.table().id(), table -> new HashSet<>()),
              newKeys.computeIfAbsent(segment.table().id(), table -> new ArrayList<>()));
        }
        newKeys.forEach(
            (table, keys) -> {
              if (!keys.isEmpty()) {
                catalog.writes().recordKeys(write, table, keys);
              }
            });
      } finally {
        decoded.stream().filter(segment -> !segment.taken).forEach(Decoded::close);
      }
    }

    /** Decodes the segment, or notes why it can not land. */
    private Optional<Decoded> decode(PublishedSegment segment) {
      String reason;
      try {
        SegmentHeader header = SegmentCodec.header(segment.payload());
        TableId tableId = new TableId(header.tableId());
        TableInfo table = findTable(tableId).orElse(null);
        if (table == null) {
          reason = "There is no table %s".formatted(tableId);
        } else if (table.dropped()) {
          reason = "Table %s (%s) was dropped".formatted(table.name(), tableId);
        } else if (!livesHere(table)) {
          reason = "Table %s does not live on shard %s".formatted(table.name(), shard);
        } else {
          RowSchema schema = schemas.find(tableId, header.schemaVersion()).orElse(null);
          if (schema == null) {
            reason =
                "Table %s has no schema version %d".formatted(table.name(), header.schemaVersion());
          } else {
            DecodedSegment rows = SegmentCodec.decode(segment.payload(), schema, buffers);
            if (rows.rows().rowCount() == segment.rowCount()) {
              accepted++;
              return Optional.of(new Decoded(segment.position(), table, schema, rows));
            }
            reason =
                "Segment has %d rows, the log says %d"
                    .formatted(rows.rows().rowCount(), segment.rowCount());
            rows.close();
          }
        }
      } catch (CorruptSegmentException e) {
        reason = "Segment is corrupt: " + e.getMessage();
      } catch (RuntimeException e) {
        if (!blaming || stop.stopped() || ActivityFailures.isInfrastructure(e)) {
          throw e;
        }
        log.error("Segment cannot be read shard={} position={}", shard, segment.position(), e);
        reason = "Segment cannot be read: " + e;
      }
      rejected.add(new RejectedSegment(segment.position(), reason));
      return Optional.empty();
    }

    private boolean livesHere(TableInfo table) {
      return table.shards().contains(new ShardId(batch.shard()));
    }

    private Optional<TableInfo> findTable(TableId table) {
      return tables.computeIfAbsent(table, catalog.tables()::find);
    }

    private Map<TableId, Set<KeyHash>> findLanded(List<Decoded> decoded) {
      Map<TableId, List<KeyHash>> asked = new LinkedHashMap<>();
      for (Decoded segment : decoded) {
        List<KeyHash> keys =
            asked.computeIfAbsent(segment.table().id(), table -> new ArrayList<>());
        if (segment.requestKey() != null) {
          keys.add(segment.requestKey());
        }
        keys.addAll(segment.eventKeys());
      }
      Map<TableId, Set<KeyHash>> landed = new HashMap<>();
      asked.forEach(
          (table, keys) -> {
            if (!keys.isEmpty()) {
              landed.put(table, catalog.writes().findLanded(table, keys));
            }
          });
      return landed;
    }

    /** Decides in log order which rows are new: the first event with a key lands. */
    private void select(
        Decoded segment, Set<KeyHash> landed, Set<KeyHash> seen, List<KeyHash> newKeys) {
      int rows = segment.rowCount();
      long position = segment.position().value();
      KeyHash requestKey = segment.requestKey();
      if (requestKey != null) {
        if (landed.contains(requestKey) || !seen.add(requestKey)) {
          accounts.landed(position, segment.table().id(), rows, rows);
          return;
        }
        newKeys.add(requestKey);
      }
      List<KeyHash> eventKeys = segment.eventKeys();
      int duplicates = 0;
      BitSet selected = null;
      if (!eventKeys.isEmpty()) {
        selected = new BitSet(rows);
        for (int row = 0; row < rows; row++) {
          KeyHash key = eventKeys.get(row);
          if (landed.contains(key) || !seen.add(key)) {
            duplicates++;
          } else {
            selected.set(row);
            newKeys.add(key);
          }
        }
      }
      accounts.landed(position, segment.table().id(), rows, duplicates);
      if (duplicates < rows) {
        Version version = new Version(segment.table().id(), segment.schema().version());
        TableRows group =
            waiting.computeIfAbsent(
                version, absent -> new TableRows(segment.table(), segment.schema()));
        group.add(
            position,
            new RowSelection(segment.decoded().rows(), duplicates == 0 ? null : selected));
        segment.taken = true;
        if (group.sizeBytes() >= settings.fileBytes() || group.rows() >= settings.fileRows()) {
          full.add(group);
          waiting.remove(version);
        }
      }
    }

    /** Writes the groups that fill a file, and the biggest others while memory is short. */
    private void writeFullGroups() {
      long budget = settings.bufferBytes() / Math.max(1, running.get());
      long buffered = waiting.values().stream().mapToLong(TableRows::sizeBytes).sum();
      List<TableRows> biggestFirst = new ArrayList<>(waiting.values());
      biggestFirst.sort(Comparator.comparingLong(TableRows::sizeBytes).reversed());
      for (TableRows group : biggestFirst) {
        if (buffered > budget) {
          full.add(group);
          buffered -= group.sizeBytes();
        }
      }
      waiting.values().removeAll(full);
      writeGroups();
    }

    /** Writes the full groups; segments that no file can be made of are noted. */
    private void writeGroups() {
      if (full.isEmpty()) {
        return;
      }
      progress.words(
          "writing files %d to %d, %,d of %,d rows read",
          files.size() + 1, files.size() + full.size(), rowsRead, batch.rows());
      DataFiles.Written written = dataFiles.write(write, full, blaming, stop);
      files.addAll(written.files());
      written.files().forEach(file -> accounts.written(file.table(), file.rowCount()));
      unwritable.addAll(written.rejected());
      full.forEach(TableRows::close);
      full.clear();
    }

    private void quarantine(List<RejectedSegment> segments) {
      Map<String, List<Position>> byReason = new LinkedHashMap<>();
      for (RejectedSegment segment : segments) {
        byReason
            .computeIfAbsent(segment.reason(), reason -> new ArrayList<>())
            .add(segment.position());
      }
      byReason.forEach(
          (reason, positions) -> {
            log.warn(
                "Segments go to quarantine shard={} positions={} reason={}",
                shard,
                positions,
                reason);
            try {
              bus.nack(new BatchId(shard, batch.claim()), positions, reason);
            } catch (LeaseLostException e) {
              throw new BatchLostException(e.getMessage(), e);
            }
          });
    }

    /**
     * Counts what is in quarantine, whoever put it there: an attempt before this one may have, and
     * the log does not hand those segments out again.
     */
    private void countQuarantined() {
      if (accepted == batch.upTo() - batch.after()) {
        return;
      }
      try (Stream<QuarantinedSegment> segments = bus.quarantined(shard)) {
        segments
            .dropWhile(segment -> segment.segment().position().value() <= batch.after())
            .takeWhile(segment -> segment.segment().position().value() <= batch.upTo())
            .forEach(
                segment ->
                    accounts.quarantined(
                        segment.segment().position().value(),
                        tableOf(segment.segment()),
                        segment.segment().rowCount(),
                        segment.reason()));
      }
    }

    private @Nullable TableId tableOf(PublishedSegment segment) {
      try {
        TableId table = new TableId(SegmentCodec.header(segment.payload()).tableId());
        return findTable(table).filter(this::livesHere).isPresent() ? table : null;
      } catch (CorruptSegmentException e) {
        return null;
      }
    }

    private List<String> tableNames() {
      TreeSet<String> names = new TreeSet<>();
      tables.values().forEach(table -> table.ifPresent(info -> names.add(info.name())));
      return names.stream().limit(MAX_TABLE_NAMES).toList();
    }
  }

  private record Version(TableId table, int schemaVersion) {}

  /** A segment with its rows, which somebody else owns once it is taken. */
  private static final class Decoded {
    private final Position position;
    private final TableInfo table;
    private final RowSchema schema;
    private final DecodedSegment decoded;
    private final @Nullable KeyHash requestKey;
    private final List<KeyHash> eventKeys;
    private boolean taken;

    Decoded(Position position, TableInfo table, RowSchema schema, DecodedSegment decoded) {
      this.position = position;
      this.table = table;
      this.schema = schema;
      this.decoded = decoded;
      io.duckmesh.engine.segment.KeyHash request = decoded.header().requestKey();
      this.requestKey = request == null ? null : toCatalog(request);
      List<io.duckmesh.engine.segment.KeyHash> keys = decoded.rows().eventKeys();
      this.eventKeys =
          keys == null ? List.of() : keys.stream().map(BatchWriter::toCatalog).toList();
    }

    Position position() {
      return position;
    }

    TableInfo table() {
      return table;
    }

    RowSchema schema() {
      return schema;
    }

    DecodedSegment decoded() {
      return decoded;
    }

    int rowCount() {
      return decoded.rows().rowCount();
    }

    @Nullable KeyHash requestKey() {
      return requestKey;
    }

    List<KeyHash> eventKeys() {
      return eventKeys;
    }

    void close() {
      decoded.close();
    }
  }

  private static KeyHash toCatalog(io.duckmesh.engine.segment.KeyHash key) {
    return new KeyHash(key.high(), key.low());
  }
}

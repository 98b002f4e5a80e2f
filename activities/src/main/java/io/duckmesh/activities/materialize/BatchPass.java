package io.duckmesh.activities.materialize;

import io.duckmesh.activities.ActivityFailures;
import io.duckmesh.activities.Progress;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.TableSchemas;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.bus.ShardId;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.segment.SegmentCodec;
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
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/** One reading of a batch under one write: decides what is new, and writes it as data files. */
final class BatchPass implements AutoCloseable {
  /**
   * Rows that are read, decoded and checked for duplicates at a time, in bytes of memory: payload
   * is compressed, at times to a hundredth.
   */
  private static final long CHUNK_BYTES = 64L << 20;

  private final Catalog catalog;
  private final EventBus bus;
  private final DataFiles dataFiles;
  private final BufferAllocator buffers;
  private final Order order;
  private final ClaimedBatch batch;
  private final WriteId write;
  private final SegmentOpener opener;
  private final BatchQuarantine quarantine;

  private final BatchAccounts accounts = new BatchAccounts();
  private final Map<TableId, Set<KeyHash>> seenKeys = new HashMap<>();
  private final Map<Version, TableRows> waiting = new LinkedHashMap<>();
  private final List<TableRows> full = new ArrayList<>();
  private final List<DataFile> files = new ArrayList<>();
  private final List<RejectedSegment> rejected = new ArrayList<>();
  private final List<RejectedSegment> unwritable = new ArrayList<>();
  private long rowsRead;

  /**
   * @param buffers where rows live; closed with this
   */
  BatchPass(
      Catalog catalog,
      EventBus bus,
      TableSchemas schemas,
      DataFiles dataFiles,
      BufferAllocator buffers,
      Order order) {
    this.catalog = catalog;
    this.bus = bus;
    this.dataFiles = dataFiles;
    this.buffers = buffers;
    this.order = order;
    this.batch = order.batch();
    this.write = order.write();
    this.opener =
        new SegmentOpener(
            catalog,
            schemas,
            new io.duckmesh.catalog.ShardId(batch.shard()),
            order.blaming(),
            order.stop(),
            buffers);
    this.quarantine = new BatchQuarantine(bus, batch, opener);
  }

  /**
   * What is to be done.
   *
   * @param blaming whether a failure over rows is blamed on a segment
   * @param running how many batches share the memory
   */
  record Order(
      ClaimedBatch batch,
      WriteId write,
      boolean blaming,
      MaterializeSettings settings,
      IntSupplier running,
      StopSignal stop,
      Progress progress) {}

  private record Version(TableId table, int schemaVersion) {}

  /** Empty if rows could not be written and their segments went to quarantine: read again. */
  Optional<BatchWriter.Written> run() {
    Position position = new Position(batch.after());
    Position end = new Position(batch.upTo());
    List<PublishedSegment> chunk = readChunk(position, end);
    long missing = batch.upTo() - batch.after() - chunk.size();
    if (missing > 0) {
      missing -= countHeldBack();
    }
    while (!chunk.isEmpty()) {
      take(chunk);
      position = chunk.getLast().position();
      writeFullGroups();
      chunk = position.compareTo(end) < 0 ? readChunk(position, end) : List.of();
      missing -= chunk.size();
    }
    if (missing != 0) {
      throw missing(missing);
    }
    full.addAll(waiting.values());
    waiting.clear();
    writeGroups();
    if (!unwritable.isEmpty()) {
      // Keys of these segments may have made duplicates of others: decide anew without them.
      quarantine.move(unwritable);
      return Optional.empty();
    }
    quarantine.move(rejected);
    rejected.forEach(accounts::quarantined);
    catalog
        .writes()
        .prepare(write, new PreparedWrite(files, accounts.counts(), accounts.outcomes()));
    return Optional.of(
        new BatchWriter.Written(
            write,
            files.size(),
            accounts.visible(),
            accounts.duplicates(),
            accounts.quarantined(),
            opener.tableNames()));
  }

  /** The log frees what has landed, which is no loss: somebody else was faster. */
  private RuntimeException missing(long segments) {
    long watermark =
        catalog.watermarks().load(new io.duckmesh.catalog.ShardId(batch.shard())).position();
    return watermark > batch.after()
        ? new BatchLostException(
            "Batch %d to %d of shard %s has landed, the watermark is %d"
                .formatted(batch.after() + 1, batch.upTo(), batch.shard(), watermark))
        : ActivityFailures.segmentsMissing(
            batch.shard(), batch.after() + 1, batch.upTo(), segments);
  }

  @Override
  public void close() {
    waiting.values().forEach(TableRows::close);
    full.forEach(TableRows::close);
    buffers.close();
  }

  /** Whoever put them into quarantine, it is this write that counts them; says how many. */
  private int countHeldBack() {
    Map<TableId, List<KeyHash>> newKeys = new LinkedHashMap<>();
    List<BatchQuarantine.HeldBack> all = quarantine.heldBack();
    for (BatchQuarantine.HeldBack heldBack : all) {
      accounts.quarantined(heldBack.segment());
      TableId table = heldBack.segment().table();
      KeyHash key = heldBack.requestKey();
      if (table != null && key != null && seen(table).add(key)) {
        newKeys.computeIfAbsent(table, absent -> new ArrayList<>()).add(key);
      }
    }
    recordKeys(newKeys);
    return all.size();
  }

  private List<PublishedSegment> readChunk(Position after, Position upTo) {
    List<PublishedSegment> chunk = new ArrayList<>();
    long sizeBytes = 0;
    try (Stream<PublishedSegment> segments = bus.read(new ShardId(batch.shard()), after, upTo)) {
      Iterator<PublishedSegment> iterator = segments.iterator();
      while (sizeBytes < CHUNK_BYTES && iterator.hasNext()) {
        order.stop().check();
        PublishedSegment segment = iterator.next();
        chunk.add(segment);
        sizeBytes += segment.payload().length + SegmentCodec.rowBytes(segment.payload());
      }
    }
    return chunk;
  }

  private void take(List<PublishedSegment> chunk) {
    List<OpenedSegment> opened = new ArrayList<>();
    try {
      for (PublishedSegment segment : chunk) {
        order.stop().check();
        opener.open(segment, rejected::add).ifPresent(opened::add);
        rowsRead += segment.rowCount();
        order
            .progress()
            .words(
                "read %,d of %,d rows of positions %d to %d",
                rowsRead, batch.rows(), batch.after() + 1, batch.upTo());
      }
      Map<TableId, Set<KeyHash>> landed = findLanded(opened);
      Map<TableId, List<KeyHash>> newKeys = new LinkedHashMap<>();
      for (OpenedSegment segment : opened) {
        select(
            segment,
            landed.getOrDefault(segment.tableId(), Set.of()),
            seen(segment.tableId()),
            newKeys.computeIfAbsent(segment.tableId(), table -> new ArrayList<>()));
      }
      recordKeys(newKeys);
    } finally {
      opened.forEach(OpenedSegment::close);
    }
  }

  private Set<KeyHash> seen(TableId table) {
    return seenKeys.computeIfAbsent(table, absent -> new HashSet<>());
  }

  private void recordKeys(Map<TableId, List<KeyHash>> newKeys) {
    newKeys.forEach(
        (table, keys) -> {
          if (!keys.isEmpty()) {
            catalog.writes().recordKeys(write, table, keys);
          }
        });
  }

  private Map<TableId, Set<KeyHash>> findLanded(List<OpenedSegment> opened) {
    Map<TableId, List<KeyHash>> asked = new LinkedHashMap<>();
    for (OpenedSegment segment : opened) {
      List<KeyHash> keys = asked.computeIfAbsent(segment.tableId(), table -> new ArrayList<>());
      KeyHash requestKey = segment.requestKey();
      if (requestKey != null) {
        keys.add(requestKey);
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

  /** Decides in log order what is new: the first segment of a request key counts. */
  private void select(
      OpenedSegment segment, Set<KeyHash> landed, Set<KeyHash> seen, List<KeyHash> newKeys) {
    KeyHash requestKey = segment.requestKey();
    if (requestKey != null) {
      if (landed.contains(requestKey) || !seen.add(requestKey)) {
        int rows = segment.rowCount();
        accounts.landed(segment.position(), segment.tableId(), rows, rows);
        return;
      }
      newKeys.add(requestKey);
    }
    switch (segment) {
      case OpenedSegment.Misfits misfits ->
          rejected.add(
              new RejectedSegment(
                  misfits.position(), misfits.rowCount(), misfits.tableId(), misfits.reason()));
      case OpenedSegment.Rows rows -> selectRows(rows, landed, seen, newKeys);
    }
  }

  /** Decides in log order which rows are new: the first event with a key lands. */
  private void selectRows(
      OpenedSegment.Rows segment, Set<KeyHash> landed, Set<KeyHash> seen, List<KeyHash> newKeys) {
    int rows = segment.rowCount();
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
    accounts.landed(segment.position(), segment.tableId(), rows, duplicates);
    if (duplicates < rows) {
      group(segment, duplicates == 0 ? null : selected);
    }
  }

  private void group(OpenedSegment.Rows segment, @Nullable BitSet selected) {
    Version version = new Version(segment.tableId(), segment.schema().version());
    TableRows group =
        waiting.computeIfAbsent(
            version, absent -> new TableRows(segment.table(), segment.schema()));
    group.add(segment.position(), new RowSelection(segment.take(), selected));
    MaterializeSettings settings = order.settings();
    if (group.sizeBytes() >= settings.fileBytes() || group.rows() >= settings.fileRows()) {
      full.add(group);
      waiting.remove(version);
    }
  }

  /** Writes the groups that fill a file, and the biggest others while memory is short. */
  private void writeFullGroups() {
    long budget = order.settings().bufferBytes() / Math.max(1, order.running().getAsInt());
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
    order
        .progress()
        .words(
            "writing files %d to %d, %,d of %,d rows read",
            files.size() + 1, files.size() + full.size(), rowsRead, batch.rows());
    DataFiles.Written written = dataFiles.write(write, full, order.blaming(), order.stop());
    files.addAll(written.files());
    written.files().forEach(file -> accounts.written(file.table(), file.rowCount()));
    unwritable.addAll(written.rejected());
    full.forEach(TableRows::close);
    full.clear();
  }
}

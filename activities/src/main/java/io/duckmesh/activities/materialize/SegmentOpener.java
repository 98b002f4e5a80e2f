package io.duckmesh.activities.materialize;

import io.duckmesh.activities.ActivityFailures;
import io.duckmesh.activities.StopSignal;
import io.duckmesh.activities.TableSchemas;
import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.engine.rows.RejectedRow;
import io.duckmesh.engine.rows.RejectedRows;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.segment.CorruptSegmentException;
import io.duckmesh.engine.segment.DecodedSegment;
import io.duckmesh.engine.segment.SegmentCodec;
import io.duckmesh.engine.segment.SegmentHeader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the segments of one batch, and says of those that can not land why. */
final class SegmentOpener {
  private static final Logger log = LoggerFactory.getLogger(SegmentOpener.class);

  private static final int MAX_ROWS_IN_REASON = 3;
  private static final int MAX_TABLE_NAMES = 10;

  private final Catalog catalog;
  private final TableSchemas schemas;
  private final ShardId shard;
  private final boolean blaming;
  private final StopSignal stop;
  private final BufferAllocator buffers;
  private final Map<TableId, Optional<TableInfo>> tables = new HashMap<>();

  /**
   * @param blaming whether a segment is to blame for a failure that nothing explains
   * @param buffers where the rows live
   */
  SegmentOpener(
      Catalog catalog,
      TableSchemas schemas,
      ShardId shard,
      boolean blaming,
      StopSignal stop,
      BufferAllocator buffers) {
    this.catalog = catalog;
    this.schemas = schemas;
    this.shard = shard;
    this.blaming = blaming;
    this.stop = stop;
    this.buffers = buffers;
  }

  /** A segment that can not land, with a reason for people. */
  private static final class RejectedException extends Exception {
    private static final long serialVersionUID = 1L;

    RejectedException(String reason) {
      super(reason, null, false, false);
    }
  }

  /** Opens the segment, which the caller closes; or hands its rejection over. */
  Optional<OpenedSegment> open(PublishedSegment segment, Consumer<RejectedSegment> rejected) {
    String reason;
    try {
      return Optional.of(open(segment));
    } catch (RejectedException e) {
      reason = String.valueOf(e.getMessage());
    } catch (CorruptSegmentException e) {
      reason = "Segment is corrupt: " + e.getMessage();
    } catch (RuntimeException e) {
      if (!blaming || stop.stopped() || ActivityFailures.isInfrastructure(e)) {
        throw e;
      }
      log.error("Segment cannot be read shard={} position={}", shard, segment.position(), e);
      reason = "Segment cannot be read: " + e;
    }
    rejected.accept(RejectedSegment.of(segment, tableOf(segment.payload()), reason));
    return Optional.empty();
  }

  private OpenedSegment open(PublishedSegment segment) throws RejectedException {
    SegmentHeader header = SegmentCodec.header(segment.payload());
    TableId tableId = new TableId(header.tableId());
    TableInfo table = find(tableId).orElse(null);
    if (table == null) {
      throw new RejectedException("There is no table %s".formatted(tableId));
    }
    if (!livesHere(table)) {
      throw new RejectedException(
          "Table %s does not live on shard %s".formatted(table.name(), shard));
    }
    if (header.rejected()) {
      RejectedRows rows = SegmentCodec.decodeRejected(segment.payload());
      checkRowCount(segment, rows.rows().size());
      return new OpenedSegment.Misfits(
          segment.position().value(),
          tableId,
          segment.rowCount(),
          OpenedSegment.toCatalog(header.requestKey()),
          reason(table, header, rows));
    }
    if (table.dropped()) {
      throw new RejectedException("Table %s (%s) was dropped".formatted(table.name(), tableId));
    }
    RowSchema schema = schemas.find(tableId, header.schemaVersion()).orElse(null);
    if (schema == null) {
      throw new RejectedException(
          "Table %s has no schema version %d".formatted(table.name(), header.schemaVersion()));
    }
    DecodedSegment rows = SegmentCodec.decode(segment.payload(), schema, buffers);
    try {
      checkRowCount(segment, rows.rows().rowCount());
    } catch (RejectedException e) {
      rows.close();
      throw e;
    }
    return new OpenedSegment.Rows(segment, table, schema, rows);
  }

  private static void checkRowCount(PublishedSegment segment, int rowCount)
      throws RejectedException {
    if (rowCount != segment.rowCount()) {
      throw new RejectedException(
          "Segment has %d rows, the log says %d".formatted(rowCount, segment.rowCount()));
    }
  }

  /** What is wrong with the first rows. */
  private static String reason(TableInfo table, SegmentHeader header, RejectedRows rejected) {
    List<RejectedRow> rows = rejected.rows();
    String first =
        rows.stream()
            .limit(MAX_ROWS_IN_REASON)
            .map(row -> row.errors().getFirst().describe())
            .collect(Collectors.joining("; "));
    String more =
        rows.size() <= MAX_ROWS_IN_REASON
            ? ""
            : "; and %d more".formatted(rows.size() - MAX_ROWS_IN_REASON);
    return "%d %s not fit schema version %d of table %s: %s%s"
        .formatted(
            rows.size(),
            rows.size() == 1 ? "row does" : "rows do",
            header.schemaVersion(),
            table.name(),
            first,
            more);
  }

  /**
   * Whose events these are, as far as the bytes tell; a corrupt segment is believed when it names a
   * table that lives here, for chance does not hit upon the id of one.
   */
  @Nullable TableId tableOf(byte[] payload) {
    return SegmentCodec.salvageHeader(payload)
        .map(header -> new TableId(header.tableId()))
        .filter(table -> find(table).filter(this::livesHere).isPresent())
        .orElse(null);
  }

  private boolean livesHere(TableInfo table) {
    return table.shards().contains(shard);
  }

  private Optional<TableInfo> find(TableId table) {
    return tables.computeIfAbsent(table, catalog.tables()::find);
  }

  /** Names of the tables seen, not too many. */
  List<String> tableNames() {
    TreeSet<String> names = new TreeSet<>();
    tables.values().forEach(table -> table.ifPresent(info -> names.add(info.name())));
    return names.stream().limit(MAX_TABLE_NAMES).toList();
  }
}

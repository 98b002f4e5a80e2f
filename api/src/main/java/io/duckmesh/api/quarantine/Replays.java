package io.duckmesh.api.quarantine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.duckmesh.api.ingest.TableSegments;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.api.tables.LiveTable;
import io.duckmesh.api.tables.LiveTables;
import io.duckmesh.bus.Quarantine;
import io.duckmesh.bus.QuarantineContent;
import io.duckmesh.bus.QuarantineEntry;
import io.duckmesh.bus.QuarantineEntryNotFoundException;
import io.duckmesh.bus.QuarantineId;
import io.duckmesh.bus.QuarantineState;
import io.duckmesh.bus.Segment;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.engine.rows.BodyTooLargeException;
import io.duckmesh.engine.rows.JsonRows;
import io.duckmesh.engine.rows.RejectedRows;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.rows.RowFormat;
import io.duckmesh.engine.rows.RowOptions;
import io.duckmesh.engine.rows.RowText;
import io.duckmesh.engine.segment.DecodedSegment;
import io.duckmesh.engine.segment.KeyHash;
import io.duckmesh.engine.segment.KeyHashes;
import io.duckmesh.engine.segment.SegmentCodec;
import io.duckmesh.engine.segment.SegmentHeader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Puts entries of the quarantine back into the log: as they are, or with rows that somebody edited.
 * Segments keep the request key of their request where a repeat of it brings the same rows, so that
 * the repeat, or another entry of the same one, adds nothing to what was replayed.
 */
final class Replays {
  private final Catalog catalog;
  private final Quarantine quarantine;
  private final LiveTables tables;
  private final Contents contents;
  private final BufferAllocator allocator;
  private final long maxRows;
  private final long maxBytes;

  Replays(
      Catalog catalog,
      Quarantine quarantine,
      LiveTables tables,
      Contents contents,
      BufferAllocator allocator,
      long maxRows,
      long maxBytes) {
    this.catalog = catalog;
    this.quarantine = quarantine;
    this.tables = tables;
    this.contents = contents;
    this.allocator = allocator;
    this.maxRows = maxRows;
    this.maxBytes = maxBytes;
  }

  /** Rows that stand in for those of the entry. */
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  record Edited(RowFormat format, byte[] body) {}

  /**
   * Replays the entry; one that was replayed before is answered as it is.
   *
   * @param tableName the table that gets the rows; null for the entry's own, or the live one of its
   *     name if that was dropped
   * @param edited the rows to replay, null for the entry's own
   */
  QuarantineEntry replay(
      TenantId tenant, QuarantineId id, @Nullable String tableName, @Nullable Edited edited)
      throws IOException {
    QuarantineContent content =
        quarantine
            .find(tenant.value(), id)
            .orElseThrow(() -> new QuarantineEntryNotFoundException(tenant.value(), id));
    if (content.entry().state() == QuarantineState.REPLAYED) {
      return content.entry();
    }
    if (content.entry().state() == QuarantineState.DROPPED) {
      throw new io.duckmesh.bus.QuarantineFinishedException(content.entry());
    }
    LiveTable table = target(tenant, content.entry(), tableName);
    List<Segment> segments;
    try {
      segments =
          edited == null
              ? asTheyAre(content, table)
              : segments(content, table, edited.format(), edited.body(), null);
    } catch (Contents.UnreadableException e) {
      throw new ProblemException(
          ApiError.REPLAY_NOT_POSSIBLE,
          "%s; replay it with its rows in the body, or drop it".formatted(e.getMessage()),
          Map.of("quarantine_id", id.value()));
    } catch (BodyTooLargeException e) {
      throw new ProblemException(
          ApiError.PAYLOAD_TOO_LARGE,
          "The rows are more than %d %s".formatted(e.limit(), e.unit()),
          Map.of("limit_" + e.unit(), e.limit()));
    }
    return quarantine.replay(tenant.value(), id, table.info().id().value(), segments);
  }

  private LiveTable target(TenantId tenant, QuarantineEntry entry, @Nullable String tableName) {
    if (tableName != null) {
      return tables.reload(tenant, tableName);
    }
    TableInfo info =
        entry.table() == null
            ? null
            : catalog.tables().find(new TableId(entry.table())).orElse(null);
    if (info == null) {
      throw new ProblemException(
          ApiError.INVALID_REQUEST,
          "Entry %s does not tell its table; name it in parameter table".formatted(entry.id()));
    }
    return tables.reload(tenant, info.name());
  }

  private List<Segment> asTheyAre(QuarantineContent content, LiveTable table)
      throws IOException, Contents.UnreadableException {
    byte[] payload = content.payload();
    SegmentHeader header = contents.header(payload);
    if (header.rejected()) {
      RejectedRows rejected = contents.rejected(payload);
      return segments(content, table, rejected.format(), rejected.body(), null);
    }
    try (DecodedSegment decoded = contents.decode(payload, header)) {
      boolean sameTable = header.tableId().equals(table.info().id().value());
      if (sameTable && table.shards().contains(content.entry().shard())) {
        return List.of(new Segment(content.entry().shard(), header.rowCount(), payload));
      }
      // Keys that came beside the rows are not in them.
      List<KeyHash> keys =
          table.info().eventKey().isEmpty() && !keyColumns(header)
              ? decoded.rows().eventKeys()
              : null;
      return segments(content, table, RowFormat.NDJSON, lines(decoded.rows()), keys);
    }
  }

  /** Whether the event keys of the segment are values of its rows. */
  private boolean keyColumns(SegmentHeader header) {
    return catalog
        .tables()
        .find(new TableId(header.tableId()))
        .map(before -> !before.eventKey().isEmpty())
        .orElse(false);
  }

  private static byte[] lines(RowBatch rows) {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (int row = 0; row < rows.rowCount(); row++) {
      lines.writeBytes(RowText.json(rows, row).getBytes(UTF_8));
      lines.write('\n');
    }
    return lines.toByteArray();
  }

  private List<Segment> segments(
      QuarantineContent content,
      LiveTable table,
      RowFormat format,
      byte[] body,
      @Nullable List<KeyHash> eventKeys)
      throws IOException {
    RowOptions options =
        RowOptions.DEFAULTS
            .withEventKeyColumns(table.info().eventKey())
            .withMaxBytes(eventKeys == null ? maxBytes : Integer.MAX_VALUE)
            .withMaxRows(maxRows);
    try (RowBatch read =
        JsonRows.read(new ByteArrayInputStream(body), format, table.schema(), options, allocator)) {
      RowBatch rows =
          eventKeys == null ? read : new RowBatch(read.schema(), read.columns(), eventKeys);
      return TableSegments.encode(table, rows, requestKeys(content, table));
    }
  }

  /**
   * The request keys of replayed segments. A repeat of the request must find its own wherever it
   * brings exactly these rows: in the same table on the entry's shard; in the table that was made
   * anew, if the entry is all of the request. Elsewhere they have one that is made of it, by which
   * another replay of the same request is found: a repeat that brings more rows than these must not
   * be taken for them, and its event keys tell which rows are there. Rows that did not fit have
   * landed in quarantine under their own.
   */
  private TableSegments.RequestKeys requestKeys(QuarantineContent content, LiveTable table) {
    SegmentHeader header = SegmentCodec.salvageHeader(content.payload()).orElse(null);
    KeyHash original = header == null ? null : header.requestKey();
    if (header == null || original == null) {
      return TableSegments.RequestKeys.NONE;
    }
    TableSegments.RequestKeys derived =
        new TableSegments.RequestKeys(
            KeyHashes.replay(original, 0), ordinal -> KeyHashes.replay(original, ordinal));
    if (header.rejected()) {
      return derived;
    }
    if (header.tableId().equals(table.info().id().value())) {
      int own = table.shards().indexOf(content.entry().shard());
      return new TableSegments.RequestKeys(
          original, ordinal -> ordinal == own ? original : derived.part().apply(ordinal));
    }
    TableInfo before = catalog.tables().find(new TableId(header.tableId())).orElse(null);
    if (before == null || !before.name().equalsIgnoreCase(table.info().name())) {
      return derived;
    }
    boolean wholeRequest = before.shards().size() == 1 || !header.eventKeys();
    if (!wholeRequest) {
      return derived;
    }
    return table.shards().size() == 1
        ? new TableSegments.RequestKeys(original, ordinal -> original)
        : new TableSegments.RequestKeys(original, derived.part());
  }
}

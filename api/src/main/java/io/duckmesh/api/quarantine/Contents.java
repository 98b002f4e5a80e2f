package io.duckmesh.api.quarantine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.duckmesh.api.tables.Schemas;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.TableId;
import io.duckmesh.engine.rows.RejectedRow;
import io.duckmesh.engine.rows.RejectedRows;
import io.duckmesh.engine.rows.RowError;
import io.duckmesh.engine.rows.RowText;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.segment.CorruptSegmentException;
import io.duckmesh.engine.segment.DecodedSegment;
import io.duckmesh.engine.segment.SegmentCodec;
import io.duckmesh.engine.segment.SegmentHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/** Reads what the segments in quarantine hold. */
final class Contents {
  private final Catalog catalog;
  private final BufferAllocator allocator;

  Contents(Catalog catalog, BufferAllocator allocator) {
    this.catalog = catalog;
    this.allocator = allocator;
  }

  /** The bytes cannot be read as rows. */
  static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreadableException(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * A row of an entry.
   *
   * @param row its number in its request if it did not fit, else in its segment, from 1
   * @param raw its text: as it was sent if it did not fit, else as JSON
   */
  record EntryRow(long row, String raw, List<ErrorAnswer> errors) {}

  /** What is wrong with a row. */
  record ErrorAnswer(@Nullable String column, @Nullable String value, String rule) {
    static ErrorAnswer of(RowError error) {
      return new ErrorAnswer(error.column(), error.value(), error.rule());
    }
  }

  /** The rows from {@code offset} on, at most so many. */
  List<EntryRow> rows(byte[] payload, int offset, int limit) throws UnreadableException {
    SegmentHeader header = header(payload);
    List<EntryRow> rows = new ArrayList<>();
    if (header.rejected()) {
      RejectedRows rejected = rejected(payload);
      for (RejectedRow row : rejected.rows().stream().skip(offset).limit(limit).toList()) {
        rows.add(
            new EntryRow(
                row.row(),
                new String(row.raw(), UTF_8),
                row.errors().stream().map(ErrorAnswer::of).toList()));
      }
      return rows;
    }
    try (DecodedSegment decoded = decode(payload, header)) {
      long end = Math.min(decoded.rows().rowCount(), (long) offset + limit);
      for (int row = offset; row < end; row++) {
        rows.add(new EntryRow(row + 1L, RowText.json(decoded.rows(), row), List.of()));
      }
    }
    return rows;
  }

  SegmentHeader header(byte[] payload) throws UnreadableException {
    try {
      return SegmentCodec.header(payload);
    } catch (CorruptSegmentException e) {
      throw unreadable(e);
    }
  }

  RejectedRows rejected(byte[] payload) throws UnreadableException {
    try {
      return SegmentCodec.decodeRejected(payload);
    } catch (CorruptSegmentException e) {
      throw unreadable(e);
    }
  }

  /** Header and rows, which the caller closes. */
  DecodedSegment decode(byte[] payload, SegmentHeader header) throws UnreadableException {
    Optional<RowSchema> schema =
        catalog
            .tables()
            .findSchema(new TableId(header.tableId()), header.schemaVersion())
            .map(Schemas::toRowSchema);
    if (schema.isEmpty()) {
      throw new UnreadableException(
          "There is no schema version %d of table %s"
              .formatted(header.schemaVersion(), header.tableId()));
    }
    try {
      return SegmentCodec.decode(payload, schema.get(), allocator);
    } catch (CorruptSegmentException e) {
      throw unreadable(e);
    }
  }

  private static UnreadableException unreadable(CorruptSegmentException e) {
    return new UnreadableException("The segment is corrupt: " + e.getMessage());
  }
}

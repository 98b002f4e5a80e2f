package io.duckmesh.activities.materialize;

import io.duckmesh.bus.PublishedSegment;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.segment.DecodedSegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a segment of the log turns out to hold. */
sealed interface OpenedSegment extends AutoCloseable {
  long position();

  TableId tableId();

  int rowCount();

  @Nullable KeyHash requestKey();

  List<KeyHash> eventKeys();

  @Override
  void close();

  /** Rows that fit their table. Owns them, until somebody else takes them over. */
  final class Rows implements OpenedSegment {
    private final long position;
    private final TableInfo table;
    private final RowSchema schema;
    private final DecodedSegment decoded;
    private final @Nullable KeyHash requestKey;
    private final List<KeyHash> eventKeys;
    private boolean taken;

    Rows(PublishedSegment segment, TableInfo table, RowSchema schema, DecodedSegment decoded) {
      this.position = segment.position().value();
      this.table = table;
      this.schema = schema;
      this.decoded = decoded;
      this.requestKey = toCatalog(decoded.header().requestKey());
      List<io.duckmesh.engine.segment.KeyHash> keys = decoded.rows().eventKeys();
      this.eventKeys =
          keys == null
              ? List.of()
              : keys.stream().map(key -> new KeyHash(key.high(), key.low())).toList();
    }

    TableInfo table() {
      return table;
    }

    RowSchema schema() {
      return schema;
    }

    /** The rows, which the caller closes from here on. */
    RowBatch take() {
      taken = true;
      return decoded.rows();
    }

    @Override
    public long position() {
      return position;
    }

    @Override
    public TableId tableId() {
      return table.id();
    }

    @Override
    public int rowCount() {
      return decoded.rows().rowCount();
    }

    @Override
    public @Nullable KeyHash requestKey() {
      return requestKey;
    }

    @Override
    public List<KeyHash> eventKeys() {
      return eventKeys;
    }

    @Override
    public void close() {
      if (!taken) {
        decoded.close();
      }
    }
  }

  /**
   * Rows that the gateway took although they do not fit, to be kept in quarantine.
   *
   * @param reason what is wrong with them
   */
  record Misfits(
      long position, TableId tableId, int rowCount, @Nullable KeyHash requestKey, String reason)
      implements OpenedSegment {
    @Override
    public List<KeyHash> eventKeys() {
      return List.of();
    }

    @Override
    public void close() {
      // Their text is on the heap.
    }
  }

  static @Nullable KeyHash toCatalog(io.duckmesh.engine.segment.@Nullable KeyHash key) {
    return key == null ? null : new KeyHash(key.high(), key.low());
  }
}

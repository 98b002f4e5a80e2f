package io.duckmesh.api.ingest;

import io.duckmesh.api.tables.LiveTable;
import io.duckmesh.bus.Segment;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.rows.RowSplitter;
import io.duckmesh.engine.segment.KeyHash;
import io.duckmesh.engine.segment.KeyHashes;
import io.duckmesh.engine.segment.SegmentCodec;
import io.duckmesh.engine.segment.SegmentHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Makes segments of rows: one for each shard of the table that gets any. */
public final class TableSegments {
  private TableSegments() {}

  /**
   * The request keys of the segments that a request becomes. Rows without event keys stay together:
   * their one segment has the same key on the same shard whatever else decides where rows go, so
   * that it is found again under a layout that differs. Rows with event keys are split by them.
   *
   * @param whole key of the segment of rows without event keys, null without one
   * @param part gives the key of the segment with event keys for the shard of an ordinal
   */
  public record RequestKeys(@Nullable KeyHash whole, IntFunction<@Nullable KeyHash> part) {
    /** Of a request without a key. */
    public static final RequestKeys NONE = new RequestKeys(null, ordinal -> null);

    /** Of the request that the ledger knows by this key. */
    static RequestKeys of(String ledgerKey) {
      return new RequestKeys(
          KeyHashes.requestKey(ledgerKey, 0), ordinal -> KeyHashes.requestKey(ledgerKey, ordinal));
    }
  }

  /**
   * Encodes the rows, which stay the caller's or are used up; closing them afterwards is right in
   * either case.
   */
  public static List<Segment> encode(LiveTable table, RowBatch rows, RequestKeys keys) {
    int shards = table.shards().size();
    if (rows.eventKeys() == null) {
      KeyHash whole = keys.whole();
      if (whole != null) {
        return List.of(
            segment(table, (int) Long.remainderUnsigned(whole.high(), shards), rows, whole));
      }
    } else if (shards == 1) {
      return List.of(segment(table, 0, rows, keys.part().apply(0)));
    }
    List<@Nullable RowBatch> parts = RowSplitter.split(rows, shards);
    List<Segment> segments = new ArrayList<>();
    try {
      for (int i = 0; i < parts.size(); i++) {
        RowBatch part = parts.get(i);
        if (part != null) {
          segments.add(segment(table, i, part, keys.part().apply(i)));
        }
      }
    } finally {
      for (RowBatch part : parts) {
        if (part != null) {
          part.close();
        }
      }
    }
    return segments;
  }

  private static Segment segment(
      LiveTable table, int ordinal, RowBatch rows, @Nullable KeyHash requestKey) {
    SegmentHeader header =
        new SegmentHeader(
            table.info().id().value(),
            table.schema().version(),
            rows.rowCount(),
            requestKey,
            rows.eventKeys() != null);
    return new Segment(
        table.shards().get(ordinal), rows.rowCount(), SegmentCodec.encode(header, rows));
  }
}

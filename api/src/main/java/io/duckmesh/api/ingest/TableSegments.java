package io.duckmesh.api.ingest;

import io.duckmesh.api.tables.LiveTable;
import io.duckmesh.bus.Segment;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.rows.RowSplitter;
import io.duckmesh.engine.segment.KeyHash;
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
   * Encodes the rows, which stay the caller's or are used up; closing them afterwards is right in
   * either case.
   *
   * @param requestKey gives the request key of the segment for the shard of an ordinal
   */
  public static List<Segment> encode(
      LiveTable table, RowBatch rows, IntFunction<@Nullable KeyHash> requestKey) {
    int shards = table.shards().size();
    if (shards == 1) {
      return List.of(segment(table, 0, rows, requestKey.apply(0)));
    }
    List<@Nullable RowBatch> parts = RowSplitter.split(rows, shards);
    List<Segment> segments = new ArrayList<>();
    try {
      for (int i = 0; i < parts.size(); i++) {
        RowBatch part = parts.get(i);
        if (part != null) {
          segments.add(segment(table, i, part, requestKey.apply(i)));
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

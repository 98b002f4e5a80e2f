package io.duckmesh.engine.segment;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.rows.RowBatch;

/** A segment's header and rows. Owns the rows until it is closed. */
public record DecodedSegment(SegmentHeader header, RowBatch rows) implements AutoCloseable {
  public DecodedSegment {
    requireNonNull(header, "header is null");
    requireNonNull(rows, "rows is null");
  }

  @Override
  public void close() {
    rows.close();
  }
}

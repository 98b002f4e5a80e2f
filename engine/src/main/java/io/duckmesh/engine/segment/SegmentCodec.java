package io.duckmesh.engine.segment;

import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.schema.RowSchema;
import org.apache.arrow.memory.BufferAllocator;

/** Encodes rows as segments and reads them back. May be used from any thread. */
public final class SegmentCodec {
  private SegmentCodec() {}

  /**
   * Encodes the rows behind the header.
   *
   * @throws IllegalArgumentException if header and rows do not belong together
   */
  public static byte[] encode(SegmentHeader header, RowBatch rows) {
    if (header.rowCount() != rows.rowCount()) {
      throw new IllegalArgumentException(
          "Segment header says %d rows, there are %d"
              .formatted(header.rowCount(), rows.rowCount()));
    }
    return new byte[0];
  }

  /**
   * Reads the header alone, without looking at the rows.
   *
   * @throws CorruptSegmentException if the bytes do not begin with one
   */
  public static SegmentHeader header(byte[] segment) {
    throw new CorruptSegmentException("Segment of %d bytes is too short".formatted(segment.length));
  }

  /**
   * Reads header and rows. The caller closes what is returned.
   *
   * @param schema the schema of the header's table and schema version
   * @throws CorruptSegmentException if the bytes are not an unchanged segment of that schema
   */
  public static DecodedSegment decode(byte[] segment, RowSchema schema, BufferAllocator allocator) {
    throw new CorruptSegmentException(
        "Segment of %d bytes is too short for %s".formatted(segment.length, schema));
  }
}

package io.duckmesh.engine.segment;

import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.ColumnType.StructField;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.RecordBatch;

/**
 * Walks over the nodes and buffers of a record batch and checks that they are what the columns'
 * types need, all inside the body. Arrow itself reads wherever a buffer's offsets say.
 */
final class BatchLayout {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int ALIGNMENT = 8;

  private final RecordBatch batch;
  private final byte[] payload;
  private final int bodyStart;
  private final long bodyLength;
  private final FieldNode node = new FieldNode();
  private final Buffer buffer = new Buffer();
  private int nodes;
  private int buffers;

  BatchLayout(RecordBatch batch, byte[] payload, int bodyStart) {
    this.batch = batch;
    this.payload = payload;
    this.bodyStart = bodyStart;
    this.bodyLength = payload.length - bodyStart;
  }

  /** Nodes passed so far. */
  int nodes() {
    return nodes;
  }

  /** Buffers passed so far. */
  int buffers() {
    return buffers;
  }

  /** Passes a column of the type with so many values. */
  void column(String name, ColumnType type, long count) {
    node(name, count);
    validity(name, count);
    switch (type) {
      case Primitive primitive -> {
        switch (primitive) {
          case BOOLEAN -> values(name, bytesOf(count));
          case SMALLINT -> values(name, count * Short.BYTES);
          case INTEGER, REAL, DATE -> values(name, count * Integer.BYTES);
          case BIGINT, DOUBLE, TIME, TIMESTAMP, TIMESTAMPTZ -> values(name, count * Long.BYTES);
          case UUID -> values(name, count * 2 * Long.BYTES);
          case VARCHAR, BLOB, JSON -> values(name, offsets(name, count));
        }
      }
      case Decimal decimal -> values(name, count * 2 * Long.BYTES);
      case ListOf list -> column(name, list.element(), offsets(name, count));
      case Struct struct -> {
        for (StructField field : struct.fields()) {
          column(name, field.type(), count);
        }
      }
    }
  }

  /** Passes a column of hashes and answers where in the payload the first one stands. */
  int hashes(String name, long count) {
    node(name, count);
    validity(name, count);
    values(name, count * 2 * Long.BYTES);
    return (int) (bodyStart + buffer.offset());
  }

  /** Checks that nothing is left. */
  void end() {
    if (nodes != batch.nodesLength() || buffers != batch.buffersLength()) {
      throw new CorruptSegmentException(
          "Segment has %d columns and %d buffers, its schema needs %d and %d"
              .formatted(batch.nodesLength(), batch.buffersLength(), nodes, buffers));
    }
  }

  private void node(String name, long count) {
    if (nodes == batch.nodesLength()) {
      throw new CorruptSegmentException("Segment has no column '%s'".formatted(name));
    }
    batch.nodes(node, nodes++);
    if (node.length() != count || node.nullCount() < 0 || node.nullCount() > count) {
      throw new CorruptSegmentException(
          "Column '%s' has %d values with %d nulls, expected are %d values"
              .formatted(name, node.length(), node.nullCount(), count));
    }
  }

  private void validity(String name, long count) {
    next(name);
    // Arrow leaves the buffer out where all values or none are there.
    boolean absent =
        buffer.length() == 0 && (node.nullCount() == 0 || node.nullCount() == node.length());
    if (!absent) {
      atLeast(name, bytesOf(count));
    }
  }

  private void values(String name, long bytes) {
    next(name);
    atLeast(name, bytes);
  }

  /** Passes a buffer of offsets and answers where the last value ends. */
  private long offsets(String name, long count) {
    next(name);
    if (count == 0 && buffer.length() == 0) {
      return 0;
    }
    atLeast(name, (count + 1) * Integer.BYTES);
    int at = (int) (bodyStart + buffer.offset());
    int previous = 0;
    for (long i = 0; i <= count; i++) {
      int offset = (int) INT.get(payload, at);
      if (offset < previous) {
        throw new CorruptSegmentException(
            "Column '%s' has value %d begin at %d, behind %d".formatted(name, i, offset, previous));
      }
      previous = offset;
      at += Integer.BYTES;
    }
    return previous;
  }

  private void next(String name) {
    if (buffers == batch.buffersLength()) {
      throw new CorruptSegmentException("Column '%s' misses a buffer".formatted(name));
    }
    batch.buffers(buffer, buffers++);
    if (buffer.offset() < 0
        || buffer.length() < 0
        || buffer.offset() % ALIGNMENT != 0
        || buffer.offset() > bodyLength - buffer.length()) {
      throw new CorruptSegmentException(
          "Column '%s' has %d bytes at %d of %d"
              .formatted(name, buffer.length(), buffer.offset(), bodyLength));
    }
  }

  private void atLeast(String name, long bytes) {
    if (buffer.length() < bytes) {
      throw new CorruptSegmentException(
          "Column '%s' has %d bytes where it needs %d".formatted(name, buffer.length(), bytes));
    }
  }

  private static long bytesOf(long bits) {
    return (bits + 7) / 8;
  }
}

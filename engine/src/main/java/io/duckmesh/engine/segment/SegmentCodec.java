package io.duckmesh.engine.segment;

import io.duckmesh.engine.rows.RejectedRows;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.schema.ArrowSchemas;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;

/**
 * Encodes rows as segments and reads them back. May be used from any thread.
 *
 * <p>A segment is a header ({@link SegmentHeader}), and behind it in one zstd frame one Arrow IPC
 * message: a record batch with the schema's columns, followed, where the rows have event keys, by a
 * column of FixedSizeBinary(16) with their hashes. The schema's own message is left out: table and
 * schema version name it. Rows that were rejected stand in place of the message as they were sent,
 * each with what is wrong with it ({@link RejectedRows}). A checksum over all bytes is checked
 * before anything else is looked at.
 */
public final class SegmentCodec {
  /** So many bytes of a segment tell whose events it holds, and nothing of the events. */
  public static final int TABLE_PREFIX_BYTES = SegmentFrame.TABLE_PREFIX_BYTES;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int HASH_BYTES = 2 * Long.BYTES;
  private static final String EVENT_KEYS = "_event_key";

  private SegmentCodec() {}

  /**
   * Encodes the rows behind the header; the rows stay the caller's. The same header and rows give
   * the same bytes.
   *
   * @throws IllegalArgumentException if header and rows do not belong together
   */
  public static byte[] encode(SegmentHeader header, RowBatch rows) {
    List<KeyHash> eventKeys = rows.eventKeys();
    if (header.rowCount() != rows.rowCount()
        || header.schemaVersion() != rows.schema().version()
        || header.rejected()
        || header.eventKeys() != (eventKeys != null)) {
      throw new IllegalArgumentException(
          "Header %s is not that of %d rows of schema version %d with%s event keys"
              .formatted(
                  header,
                  rows.rowCount(),
                  rows.schema().version(),
                  eventKeys == null ? "out" : ""));
    }
    byte[] message = BatchMessage.write(rows.columns(), eventKeys);
    byte[] segment = Compression.compress(message, message.length, SegmentFrame.HEADER_BYTES);
    SegmentFrame.seal(header, message.length, segment);
    return segment;
  }

  /**
   * Encodes rows that do not fit their table behind the header.
   *
   * @throws IllegalArgumentException if header and rows do not belong together
   */
  public static byte[] encode(SegmentHeader header, RejectedRows rows) {
    if (!header.rejected() || header.rowCount() != rows.rows().size()) {
      throw new IllegalArgumentException(
          "Header %s is not that of %d rejected rows".formatted(header, rows.rows().size()));
    }
    byte[] content = RejectedRowsFormat.write(rows);
    byte[] segment = Compression.compress(content, content.length, SegmentFrame.HEADER_BYTES);
    SegmentFrame.seal(header, content.length, segment);
    return segment;
  }

  /**
   * Reads the rows of a segment whose header says that they were rejected.
   *
   * @throws CorruptSegmentException if the bytes are not an unchanged segment of rejected rows
   */
  public static RejectedRows decodeRejected(byte[] segment) {
    SegmentFrame.Opened opened = SegmentFrame.open(segment);
    if (!opened.header().rejected()) {
      throw new CorruptSegmentException(
          "Segment of table %s has no rejected rows".formatted(opened.header().tableId()));
    }
    RejectedRows rows =
        RejectedRowsFormat.read(
            Compression.decompress(segment, SegmentFrame.HEADER_BYTES, opened.rowBytes()));
    if (rows.rows().size() != opened.header().rowCount()) {
      throw new CorruptSegmentException(
          "Segment of table %s has %d rejected rows, its header says %d"
              .formatted(
                  opened.header().tableId(), rows.rows().size(), opened.header().rowCount()));
    }
    return rows;
  }

  /**
   * What can still be read of the header of a segment that is corrupt: each part of it may be
   * wrong. Empty if nothing can.
   */
  public static Optional<SegmentHeader> salvageHeader(byte[] segment) {
    return SegmentFrame.salvage(segment);
  }

  /**
   * Reads the header without reading the rows.
   *
   * @throws CorruptSegmentException if the bytes are not an unchanged segment
   */
  public static SegmentHeader header(byte[] segment) {
    return SegmentFrame.open(segment).header();
  }

  /**
   * Bytes of the rows before compression, as the header says without being checked; 0 if the bytes
   * can not be a segment.
   */
  public static int rowBytes(byte[] segment) {
    return SegmentFrame.rowBytes(segment);
  }

  /**
   * Reads whose events a segment holds from its first {@link #TABLE_PREFIX_BYTES} bytes; empty if
   * they are not the beginning of a segment. Nothing is checked behind them.
   */
  public static Optional<UUID> tableOf(byte[] prefix) {
    return SegmentFrame.tableOf(prefix);
  }

  /**
   * Reads header and rows. The caller closes what is returned. Nothing of the allocator stays taken
   * if this throws.
   *
   * @param schema the schema that the header's table has in the header's schema version
   * @throws CorruptSegmentException if the bytes are not an unchanged segment of that schema
   */
  public static DecodedSegment decode(byte[] segment, RowSchema schema, BufferAllocator allocator) {
    SegmentFrame.Opened opened = SegmentFrame.open(segment);
    SegmentHeader header = opened.header();
    if (header.rejected()) {
      throw new CorruptSegmentException(
          "Segment of table %s has rejected rows, not rows".formatted(header.tableId()));
    }
    if (header.schemaVersion() != schema.version()) {
      throw new CorruptSegmentException(
          "Segment of table %s has schema version %d, it can not be read with %d"
              .formatted(header.tableId(), header.schemaVersion(), schema.version()));
    }
    byte[] payload = Compression.decompress(segment, SegmentFrame.HEADER_BYTES, opened.rowBytes());
    try {
      return decode(header, payload, schema, allocator);
    } catch (IndexOutOfBoundsException | IOException e) {
      throw new CorruptSegmentException(
          "Segment of table %s has rows that are no record batch".formatted(header.tableId()), e);
    }
  }

  private static DecodedSegment decode(
      SegmentHeader header, byte[] payload, RowSchema schema, BufferAllocator allocator)
      throws IOException {
    int bodyStart = bodyStart(payload);
    Message message =
        Message.getRootAsMessage(
            ByteBuffer.wrap(payload, BatchMessage.METADATA_AT, bodyStart - BatchMessage.METADATA_AT)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN));
    RecordBatch batch = (RecordBatch) message.header(new RecordBatch());
    if (message.headerType() != MessageHeader.RecordBatch
        || batch == null
        || batch.length() != header.rowCount()
        || batch.compression() != null) {
      throw new CorruptSegmentException(
          "Segment of table %s has no record batch of %d rows"
              .formatted(header.tableId(), header.rowCount()));
    }
    BatchLayout layout = new BatchLayout(batch, payload, bodyStart);
    for (Column column : schema.columns()) {
      layout.column(column.name(), column.type(), header.rowCount());
    }
    int nodes = layout.nodes();
    int buffers = layout.buffers();
    List<KeyHash> eventKeys = null;
    if (header.eventKeys()) {
      eventKeys = hashes(payload, layout.hashes(EVENT_KEYS, header.rowCount()), header.rowCount());
    }
    layout.end();
    VectorSchemaRoot columns = load(batch, nodes, buffers, payload, bodyStart, schema, allocator);
    return new DecodedSegment(header, new RowBatch(schema, columns, eventKeys));
  }

  private static int bodyStart(byte[] payload) {
    if (payload.length < BatchMessage.METADATA_AT
        || (int) INT.get(payload, 0) != BatchMessage.CONTINUATION) {
      throw new CorruptSegmentException("Segment's rows are no Arrow message");
    }
    int metadata = (int) INT.get(payload, Integer.BYTES);
    if (metadata < Integer.BYTES || metadata > payload.length - BatchMessage.METADATA_AT) {
      throw new CorruptSegmentException(
          "Segment's rows have %d bytes, their metadata alone %d"
              .formatted(payload.length, metadata));
    }
    return BatchMessage.METADATA_AT + metadata;
  }

  private static List<KeyHash> hashes(byte[] payload, int from, int count) {
    List<KeyHash> hashes = new ArrayList<>(count);
    for (int i = 0, at = from; i < count; i++, at += HASH_BYTES) {
      hashes.add(
          new KeyHash((long) LONG.get(payload, at), (long) LONG.get(payload, at + Long.BYTES)));
    }
    return hashes;
  }

  /** Copies the body into Arrow memory and makes vectors of the first nodes and buffers. */
  private static VectorSchemaRoot load(
      RecordBatch batch,
      int nodes,
      int buffers,
      byte[] payload,
      int bodyStart,
      RowSchema schema,
      BufferAllocator allocator)
      throws IOException {
    int bodyLength = payload.length - bodyStart;
    ArrowBuf body = allocator.buffer(bodyLength);
    body.setBytes(0, payload, bodyStart, bodyLength);
    body.writerIndex(bodyLength);
    VectorSchemaRoot columns = null;
    // The batch takes the body over and frees it with its last buffer.
    try (ArrowRecordBatch whole = MessageSerializer.deserializeRecordBatch(batch, body);
        ArrowRecordBatch own =
            new ArrowRecordBatch(
                whole.getLength(),
                whole.getNodes().subList(0, nodes),
                whole.getBuffers().subList(0, buffers))) {
      columns = VectorSchemaRoot.create(ArrowSchemas.toArrow(schema), allocator);
      new VectorLoader(columns).load(own);
      return columns;
    } catch (Throwable e) {
      if (columns != null) {
        columns.getFieldVectors().forEach(FieldVector::close);
      }
      throw e;
    }
  }
}

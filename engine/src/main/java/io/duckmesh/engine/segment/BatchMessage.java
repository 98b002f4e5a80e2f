package io.duckmesh.engine.segment;

import com.google.flatbuffers.FlatBufferBuilder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * Writes an Arrow IPC message with one record batch: four bytes of ones, the length of the
 * metadata, the metadata, the buffers, all little-endian and in steps of eight bytes.
 *
 * <p>Arrow's own writer makes a dozen objects for each buffer, which is most of the cost of a
 * segment of one row.
 */
final class BatchMessage {
  static final int METADATA_AT = 8;
  static final int CONTINUATION = 0xffffffff;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final int ALIGNMENT = 8;
  private static final int HASH_BYTES = 2 * Long.BYTES;
  private static final int BYTES_PER_BUFFER = 24;

  private final VectorSchemaRoot columns;
  private final @Nullable List<KeyHash> hashes;
  private final int[] nodes;
  private final ArrowBuf[] buffers;
  private final int[] lengths;
  private int nodeCount;
  private int bufferCount;

  private BatchMessage(VectorSchemaRoot columns, @Nullable List<KeyHash> hashes) {
    this.columns = columns;
    this.hashes = hashes;
    int vectors = 0;
    for (FieldVector vector : columns.getFieldVectors()) {
      vectors += count(vector);
    }
    this.nodes = new int[2 * vectors];
    this.buffers = new ArrowBuf[3 * vectors];
    this.lengths = new int[3 * vectors];
    for (FieldVector vector : columns.getFieldVectors()) {
      add(vector);
    }
  }

  private static int count(FieldVector vector) {
    int count = 1;
    for (FieldVector child : vector.getChildrenFromFields()) {
      count += count(child);
    }
    return count;
  }

  private void add(FieldVector vector) {
    nodes[nodeCount++] = vector.getValueCount();
    nodes[nodeCount++] = vector.getNullCount();
    for (ArrowBuf buffer : vector.getFieldBuffers()) {
      buffers[bufferCount] = buffer;
      lengths[bufferCount++] = Math.toIntExact(buffer.readableBytes());
    }
    for (FieldVector child : vector.getChildrenFromFields()) {
      add(child);
    }
  }

  /** Writes the columns, and the hashes, if there are any, as one more column. */
  static byte[] write(VectorSchemaRoot columns, @Nullable List<KeyHash> hashes) {
    return new BatchMessage(columns, hashes).write();
  }

  private byte[] write() {
    long bodyLength = hashes == null ? 0 : (long) hashes.size() * HASH_BYTES;
    for (int i = 0; i < bufferCount; i++) {
      bodyLength += aligned(lengths[i]);
    }
    ByteBuffer metadata = metadata(bodyLength);
    int metadataLength = metadata.remaining();
    int bodyAt = (int) aligned(METADATA_AT + metadataLength);
    byte[] message = new byte[Math.toIntExact(bodyAt + bodyLength)];
    INT.set(message, 0, CONTINUATION);
    INT.set(message, Integer.BYTES, bodyAt - METADATA_AT);
    metadata.get(message, METADATA_AT, metadataLength);
    int at = bodyAt;
    for (int i = 0; i < bufferCount; i++) {
      buffers[i].getBytes(0, message, at, lengths[i]);
      at += (int) aligned(lengths[i]);
    }
    if (hashes != null) {
      for (KeyHash hash : hashes) {
        LONG.set(message, at, hash.high());
        LONG.set(message, at + Long.BYTES, hash.low());
        at += HASH_BYTES;
      }
    }
    return message;
  }

  private ByteBuffer metadata(long bodyLength) {
    FlatBufferBuilder builder = new FlatBufferBuilder(128 + BYTES_PER_BUFFER * 2 * bufferCount);
    int rowCount = columns.getRowCount();
    RecordBatch.startNodesVector(builder, nodeCount / 2 + (hashes == null ? 0 : 1));
    if (hashes != null) {
      FieldNode.createFieldNode(builder, rowCount, 0);
    }
    for (int i = nodeCount - 2; i >= 0; i -= 2) {
      FieldNode.createFieldNode(builder, nodes[i], nodes[i + 1]);
    }
    int nodeVector = builder.endVector();
    RecordBatch.startBuffersVector(builder, bufferCount + (hashes == null ? 0 : 2));
    long at = bodyLength;
    if (hashes != null) {
      at -= (long) rowCount * HASH_BYTES;
      Buffer.createBuffer(builder, at, (long) rowCount * HASH_BYTES);
      // All hashes are there, so their bits that say so are left out.
      Buffer.createBuffer(builder, at, 0);
    }
    for (int i = bufferCount - 1; i >= 0; i--) {
      at -= aligned(lengths[i]);
      Buffer.createBuffer(builder, at, lengths[i]);
    }
    int bufferVector = builder.endVector();
    RecordBatch.startRecordBatch(builder);
    RecordBatch.addLength(builder, rowCount);
    RecordBatch.addNodes(builder, nodeVector);
    RecordBatch.addBuffers(builder, bufferVector);
    int batch = RecordBatch.endRecordBatch(builder);
    Message.startMessage(builder);
    Message.addVersion(builder, MetadataVersion.V5);
    Message.addHeaderType(builder, MessageHeader.RecordBatch);
    Message.addHeader(builder, batch);
    Message.addBodyLength(builder, bodyLength);
    builder.finish(Message.endMessage(builder));
    return builder.dataBuffer();
  }

  private static long aligned(long length) {
    return (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}

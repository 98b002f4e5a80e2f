package io.duckmesh.engine.rows;

import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.Schema;

/** The buffers of finished columns, on their way from the heap into one block of Arrow memory. */
final class RowBuffers {
  private static final int ALIGNMENT = 8;

  private final List<ArrowFieldNode> nodes = new ArrayList<>();
  private final List<byte[]> arrays = new ArrayList<>();
  private final List<Integer> lengths = new ArrayList<>();

  void addNode(int count, int nullCount) {
    nodes.add(new ArrowFieldNode(count, nullCount));
  }

  void add(byte[] array, int length) {
    arrays.add(array);
    lengths.add(length);
  }

  /** Copies all into Arrow vectors; the caller closes them. */
  VectorSchemaRoot load(Schema schema, int rowCount, BufferAllocator allocator) {
    long total = 0;
    for (int length : lengths) {
      total += aligned(length);
    }
    VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator);
    try (ArrowBuf block = allocator.buffer(total);
        ArrowRecordBatch batch = new ArrowRecordBatch(rowCount, nodes, slices(block))) {
      new VectorLoader(root).load(batch);
      return root;
    } catch (Throwable e) {
      root.close();
      throw e;
    }
  }

  private List<ArrowBuf> slices(ArrowBuf block) {
    List<ArrowBuf> slices = new ArrayList<>(arrays.size());
    long at = 0;
    for (int i = 0; i < arrays.size(); i++) {
      int length = lengths.get(i);
      block.setBytes(at, arrays.get(i), 0, length);
      block.setZero(at + length, aligned(length) - length);
      slices.add(block.slice(at, length));
      at += aligned(length);
    }
    return slices;
  }

  private static long aligned(int length) {
    return ((long) length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}

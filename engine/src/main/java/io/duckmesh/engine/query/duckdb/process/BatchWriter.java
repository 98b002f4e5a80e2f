package io.duckmesh.engine.query.duckdb.process;

import java.io.IOException;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.message.ArrowBlock;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches in parts that are small enough for whoever reads them, who takes the memory for a
 * whole part.
 */
final class BatchWriter extends ArrowStreamWriter {
  private static final long PART_BYTES = 4 << 20;
  private static final long MAX_ROW_BYTES = 128 << 20;

  private final VectorSchemaRoot root;
  private final FrameWriter channel;
  private @Nullable ArrowRecordBatch part;

  /** A row that is larger than a part may be. */
  static final class RowTooLargeException extends Exception {
    private static final long serialVersionUID = 1L;

    private RowTooLargeException(long bytes) {
      super("A row of the answer takes %d bytes, more than %d".formatted(bytes, MAX_ROW_BYTES));
    }
  }

  /** With the first batch loaded, since it comes with the dictionaries. */
  BatchWriter(ArrowReader reader, FrameWriter channel) throws IOException {
    super(reader.getVectorSchemaRoot(), reader, channel);
    this.root = reader.getVectorSchemaRoot();
    this.channel = channel;
  }

  /** Writes the rows that the reader has loaded. */
  void writeLoaded() throws IOException, RowTooLargeException {
    if (bytes(root) <= PART_BYTES) {
      channel.put(Signal.BATCH);
      writeBatch();
    } else {
      write(0, root.getRowCount());
    }
  }

  private void write(int from, int rows) throws IOException, RowTooLargeException {
    try (VectorSchemaRoot slice = root.slice(from, rows)) {
      long bytes = bytes(slice);
      if (bytes <= PART_BYTES || rows == 1) {
        if (bytes > MAX_ROW_BYTES) {
          throw new RowTooLargeException(bytes);
        }
        writePart(slice);
        return;
      }
    }
    int half = rows / 2;
    write(from, half);
    write(from + half, rows - half);
  }

  private void writePart(VectorSchemaRoot slice) throws IOException {
    try (ArrowRecordBatch unloaded = new VectorUnloader(slice).getRecordBatch()) {
      part = unloaded;
      channel.put(Signal.BATCH);
      writeBatch();
    } finally {
      part = null;
    }
  }

  /** The part in place of the whole, after dictionaries that may have to come first. */
  @Override
  protected ArrowBlock writeRecordBatch(ArrowRecordBatch whole) throws IOException {
    return super.writeRecordBatch(part == null ? whole : part);
  }

  private static long bytes(VectorSchemaRoot rows) {
    long bytes = 0;
    for (FieldVector vector : rows.getFieldVectors()) {
      bytes += vector.getBufferSize();
    }
    return bytes;
  }
}

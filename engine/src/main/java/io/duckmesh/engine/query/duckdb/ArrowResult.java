package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.ResultSummary;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;

/** Writes an answer as an Arrow IPC stream. */
final class ArrowResult {
  private ArrowResult() {}

  static ResultSummary write(
      ArrowReader reader, ResultBatches batches, QueryLimits limits, OutputStream out)
      throws IOException {
    CountingOutput counted = new CountingOutput(out);
    long rows = 0;
    boolean truncated = false;
    VectorSchemaRoot root = reader.getVectorSchemaRoot();
    // The first batch comes with its dictionaries, which go out before it.
    boolean more = batches.next();
    for (Dictionary words : reader.getDictionaryVectors().values()) {
      NullCells.clear(VectorSchemaRoot.of(words.getVector()));
    }
    try (ArrowStreamWriter writer =
        new ArrowStreamWriter(root, reader, Channels.newChannel(counted))) {
      writer.start();
      while (more && !truncated) {
        int take = (int) Math.min(root.getRowCount(), limits.maxRows() - rows);
        take = fitting(root, take, limits.maxBytes() - counted.count);
        truncated = take < root.getRowCount();
        if (take > 0) {
          root.setRowCount(take);
          NullCells.clear(root);
          writer.writeBatch();
          rows += take;
        }
        more = !truncated && batches.next();
      }
      writer.end();
    }
    return new ResultSummary(rows, counted.count, truncated);
  }

  /** How many of the first rows go into that many bytes. */
  static int fitting(VectorSchemaRoot root, int rows, long bytes) {
    int take = rows;
    while (take > 0 && size(root, take) > bytes) {
      take /= 2;
    }
    return take;
  }

  static long size(VectorSchemaRoot root, int rows) {
    if (rows == root.getRowCount()) {
      return size(root);
    }
    try (VectorSchemaRoot slice = root.slice(0, rows)) {
      return size(slice);
    }
  }

  private static long size(VectorSchemaRoot root) {
    try (ArrowRecordBatch batch = new VectorUnloader(root).getRecordBatch()) {
      return batch.computeBodyLength() + MessageSerializer.serializeMetadata(batch).remaining();
    }
  }

  /** Counts, and leaves the client's stream open. */
  private static final class CountingOutput extends FilterOutputStream {
    private long count;

    CountingOutput(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      count++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      count += length;
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}

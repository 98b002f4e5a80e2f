package io.duckmesh.engine.parquet;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;

/** The row groups of one file, one open at a time. */
final class RowGroups implements AutoCloseable {
  /** Longer texts stand cut in the file's own statistics, as in ours. */
  static final int STATISTICS_BYTES = 64;

  private final ParquetFileWriter file;
  private final MessageType schema;
  private final ParquetProperties properties;
  private final ZstdCompressor compressor;
  private final long groupBytes;
  private final int groupRows;
  private @Nullable RowGroup open;

  /** Writes the same rows of all columns, one column after the other. */
  interface Filling {
    /**
     * @param leaves the columns' writers, in the order of the schema
     */
    void write(Iterator<ColumnWriter> leaves);
  }

  /**
   * @param groupBytes size of a group past which the next one begins, before compression
   * @param groupRows most rows of a group
   */
  RowGroups(
      ParquetFileWriter file,
      MessageType schema,
      ParquetProperties properties,
      ZstdCompressor compressor,
      long groupBytes,
      int groupRows) {
    this.file = file;
    this.schema = schema;
    this.properties = properties;
    this.compressor = compressor;
    this.groupBytes = groupBytes;
    this.groupRows = groupRows;
  }

  /** How many of the rows may be written next. */
  int room(int rows) {
    return open == null ? Math.min(rows, groupRows) : Math.min(rows, groupRows - open.rows);
  }

  void write(int rows, Filling filling) throws IOException {
    RowGroup group = open;
    if (group == null) {
      group = new RowGroup(schema, properties, compressor);
      open = group;
    }
    group.write(rows, filling);
    if (group.rows >= groupRows || group.columns.getBufferedSize() >= groupBytes) {
      finish();
    }
  }

  /** Bytes of the open group that the file does not have yet, partly not compressed yet. */
  long bufferedBytes() {
    return open == null ? 0 : open.columns.getBufferedSize();
  }

  /** Ends the open group, if there is one. */
  void finish() throws IOException {
    if (open != null) {
      open.writeTo(file);
      close();
    }
  }

  @Override
  public void close() {
    if (open != null) {
      open.close();
      open = null;
    }
  }

  /** A row group that is being filled. */
  private static final class RowGroup implements AutoCloseable {
    private final ColumnChunkPageWriteStore pages;
    private final ColumnWriteStore columns;
    private final List<ColumnWriter> writers;
    private int rows;

    RowGroup(MessageType schema, ParquetProperties properties, ZstdCompressor compressor) {
      this.pages =
          new ColumnChunkPageWriteStore(
              compressor,
              schema,
              HeapByteBufferAllocator.getInstance(),
              STATISTICS_BYTES,
              properties.getPageWriteChecksumEnabled());
      this.columns = properties.newColumnWriteStore(schema, pages, pages);
      this.writers = schema.getColumns().stream().map(columns::getColumnWriter).toList();
    }

    void write(int count, Filling filling) {
      filling.write(writers.iterator());
      for (int i = 0; i < count; i++) {
        columns.endRecord();
      }
      rows += count;
    }

    void writeTo(ParquetFileWriter file) throws IOException {
      file.startBlock(rows);
      columns.flush();
      pages.flushToFileWriter(file);
      file.endBlock();
    }

    @Override
    public void close() {
      columns.close();
      pages.close();
    }
  }
}

package io.duckmesh.engine.parquet;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.schema.MessageType;

/**
 * A Parquet file that goes out while its rows come: zstd, statistics, row groups small enough to
 * wait in memory. Used by one thread.
 */
public final class ParquetStream implements AutoCloseable {
  /** What a row group holds in memory, at most, beside the dictionaries of its columns. */
  private static final long GROUP_BYTES = 16L << 20;

  private static final int GROUP_ROWS = 128 * 1024;
  private static final int PAGE_BYTES = 256 << 10;
  private static final int DICTIONARY_BYTES = 256 << 10;
  private static final int COMPRESSION_LEVEL = 1;

  private final CountingOutput output;
  private final ZstdCompressor compressor = new ZstdCompressor(COMPRESSION_LEVEL);
  private final ParquetFileWriter file;
  private final RowGroups groups;

  /**
   * Begins the file.
   *
   * @param out stays open and is not flushed
   */
  public ParquetStream(MessageType schema, OutputStream out) throws IOException {
    ParquetProperties properties =
        ParquetProperties.builder()
            .withAllocator(HeapByteBufferAllocator.getInstance())
            .withPageSize(PAGE_BYTES)
            .withDictionaryPageSize(DICTIONARY_BYTES)
            .withStatisticsTruncateLength(RowGroups.STATISTICS_BYTES)
            .withColumnIndexTruncateLength(RowGroups.STATISTICS_BYTES)
            .withPageWriteChecksumEnabled(true)
            .withSizeStatisticsEnabled(false)
            .build();
    this.output = new CountingOutput(out);
    this.file =
        new ParquetFileWriter(
            output, schema, ParquetFileWriter.Mode.CREATE, GROUP_BYTES, 0, null, properties);
    this.groups = new RowGroups(file, schema, properties, compressor, GROUP_BYTES, GROUP_ROWS);
    file.start();
  }

  /** How many of the rows may be written in one call. */
  public int room(int rows) {
    return groups.room(rows);
  }

  /**
   * Adds rows.
   *
   * @param rows at most what {@link #room} says
   * @param filling writes the values of that many rows of one column after the other into their
   *     writers, which come in the order of the schema
   */
  public void write(int rows, Consumer<Iterator<ColumnWriter>> filling) throws IOException {
    groups.write(rows, filling::accept);
  }

  /** Ends the row group that is open, so that {@link #size} knows its real size. */
  public void endGroup() throws IOException {
    groups.finish();
  }

  /** Bytes of the file so far; those of the open row group as if they did not compress. */
  public long size() {
    return output.getPos() + groups.bufferedBytes();
  }

  /** Ends the file. Without this, what was written is no Parquet file, and no reader takes it. */
  public void finish() throws IOException {
    groups.finish();
    file.end(Map.of());
  }

  /** Frees what it holds. May be called more than once. */
  @Override
  public void close() {
    groups.close();
    compressor.close();
  }
}

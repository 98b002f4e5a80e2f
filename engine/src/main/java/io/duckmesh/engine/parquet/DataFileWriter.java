package io.duckmesh.engine.parquet;

import io.duckmesh.engine.rows.JsonRows;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.rows.RowFormat;
import io.duckmesh.engine.rows.RowOptions;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * Writes rows as one Parquet file: zstd, field ids on all columns, statistics. Stateless; may be
 * called from any thread.
 */
public final class DataFileWriter {
  /** Rows that are written column by column before sizes are looked at. */
  private static final int CHUNK_ROWS = 512;

  /** Bytes of such a chunk, so that rows with large values can not overshoot a row group by far. */
  private static final long CHUNK_BYTES = 1 << 20;

  private DataFileWriter() {}

  /** Writes with {@link DataFileOptions#DEFAULTS}. */
  public static WrittenFile write(RowSchema schema, List<RowSelection> rows, OutputStream out)
      throws IOException {
    return write(schema, rows, out, DataFileOptions.DEFAULTS);
  }

  /**
   * Writes the selected rows in the given order. A batch of another version of the schema is
   * matched by field id: a column that it lacks gets the column's default, one that the schema
   * lacks is left out, a narrower type is widened.
   *
   * <p>Does not flush or close {@code out}; when this throws, what is in it is not a file.
   *
   * @throws IllegalArgumentException if no row is selected, or a batch's column has a type that
   *     does not widen to the schema's
   * @throws IOException if {@code out} throws it
   */
  public static WrittenFile write(
      RowSchema schema, List<RowSelection> rows, OutputStream out, DataFileOptions options)
      throws IOException {
    long rowCount = rows.stream().mapToLong(RowSelection::rowCount).sum();
    if (rowCount == 0) {
      throw new IllegalArgumentException("No row is selected for a data file");
    }
    MessageType fileSchema = ParquetSchemas.of(schema);
    ParquetProperties properties = properties(schema, options, rowCount);
    HashingOutput output = new HashingOutput(out);
    try (ZstdCompressor compressor = new ZstdCompressor(options.compressionLevel())) {
      ParquetFileWriter file =
          new ParquetFileWriter(
              output,
              fileSchema,
              ParquetFileWriter.Mode.CREATE,
              options.rowGroupBytes(),
              0,
              null,
              properties);
      file.start();
      long[] nulls = new long[schema.columns().size()];
      try (RowGroups groups =
          new RowGroups(
              file,
              fileSchema,
              properties,
              compressor,
              options.rowGroupBytes(),
              groupRows(options, rowCount))) {
        for (RowSelection selection : rows) {
          if (selection.rowCount() > 0) {
            write(schema, selection, groups, nulls);
          }
        }
        groups.finish();
      }
      file.end(Map.of());
      return new WrittenFile(
          rowCount,
          output.getPos(),
          output.contentHash(),
          FileStatistics.of(schema, nulls, file.getFooter()));
    }
  }

  private static ParquetProperties properties(
      RowSchema schema, DataFileOptions options, long rowCount) {
    ParquetProperties.Builder properties =
        ParquetProperties.builder()
            .withAllocator(HeapByteBufferAllocator.getInstance())
            .withPageSize(options.pageBytes())
            .withStatisticsTruncateLength(RowGroups.STATISTICS_BYTES)
            .withColumnIndexTruncateLength(RowGroups.STATISTICS_BYTES)
            // The object as a whole has a hash, and no reader of ours looks at sizes.
            .withPageWriteChecksumEnabled(false)
            .withSizeStatisticsEnabled(false);
    for (Column column : schema.columns()) {
      if (options.bloomFilterFieldIds().contains(column.fieldId())) {
        properties
            .withBloomFilterEnabled(column.name(), true)
            .withBloomFilterNDV(column.name(), Math.min(rowCount, options.rowGroupRows()))
            .withBloomFilterFPP(column.name(), 0.01);
      }
    }
    return properties.build();
  }

  private static void write(
      RowSchema schema, RowSelection selection, RowGroups groups, long[] nulls) throws IOException {
    RowBatch batch = selection.rows();
    int[] indexes =
        selection.selected() == null
            ? IntStream.range(0, batch.rowCount()).toArray()
            : selection.selected().stream().toArray();
    List<Source> sources = new ArrayList<>();
    try {
      for (Column column : schema.columns()) {
        sources.add(source(column, batch));
      }
      for (int i = 0; i < nulls.length; i++) {
        nulls[i] += sources.get(i).nulls(selection.selected(), indexes.length);
      }
      int chunkRows = chunkRows(batch);
      for (int from = 0; from < indexes.length; ) {
        int to = Math.min(indexes.length, from + groups.room(chunkRows));
        int first = from;
        groups.write(to - from, leaves -> write(sources, indexes, first, to, leaves));
        from = to;
      }
    } finally {
      sources.forEach(Source::close);
    }
  }

  private static void write(
      List<Source> sources, int[] indexes, int from, int to, Iterator<ColumnWriter> leaves) {
    for (Source source : sources) {
      ValueEncoder encoder = source.encoder(leaves);
      for (int i = from; i < to; i++) {
        encoder.write(source.constant() == null ? indexes[i] : 0, 0, 0);
      }
    }
  }

  /** Groups of equal size: a last one with few rows would cost as much to open as a full one. */
  private static int groupRows(DataFileOptions options, long rowCount) {
    long groups = Math.ceilDiv(rowCount, options.rowGroupRows());
    return (int) Math.ceilDiv(rowCount, groups);
  }

  private static int chunkRows(RowBatch batch) {
    long bytes = 0;
    for (FieldVector vector : batch.columns().getFieldVectors()) {
      bytes += vector.getBufferSize();
    }
    long rowBytes = Math.max(1, bytes / batch.rowCount());
    return (int) Math.clamp(CHUNK_BYTES / rowBytes, 1, CHUNK_ROWS);
  }

  private static Source source(Column column, RowBatch batch) throws IOException {
    for (int i = 0; i < batch.schema().columns().size(); i++) {
      Column candidate = batch.schema().columns().get(i);
      if (candidate.fieldId() == column.fieldId()) {
        return new Source(candidate, column, batch.columns().getVector(i), null);
      }
    }
    BufferAllocator allocator = batch.columns().getVector(0).getAllocator();
    RowBatch constant = defaultOf(column, allocator);
    return new Source(column, column, constant.columns().getVector(0), constant);
  }

  /** The column's default as a batch of one row, converted as if a client had sent it. */
  private static RowBatch defaultOf(Column column, BufferAllocator allocator) throws IOException {
    Column optional = new Column(column.fieldId(), column.name(), column.type(), false, null);
    String value = column.defaultValue() == null ? "null" : column.defaultValue();
    String row =
        "{\"%s\":%s}"
            .formatted(
                new String(JsonStringEncoder.getInstance().quoteAsCharArray(column.name())), value);
    return JsonRows.read(
        new ByteArrayInputStream(row.getBytes(StandardCharsets.UTF_8)),
        RowFormat.NDJSON,
        new RowSchema(1, List.of(optional)),
        RowOptions.DEFAULTS,
        allocator);
  }

  /**
   * Where one column's values come from.
   *
   * @param constant a batch of one row that stands for every row and is closed with this; null if
   *     the rows have values of their own
   */
  private record Source(Column from, Column to, FieldVector vector, @Nullable RowBatch constant) {

    ValueEncoder encoder(Iterator<ColumnWriter> writers) {
      return ValueEncoder.of(from.type(), to.type(), vector, writers);
    }

    long nulls(@Nullable BitSet selected, int selectedCount) {
      if (constant != null) {
        return vector.isNull(0) ? selectedCount : 0;
      }
      if (selected == null) {
        return vector.getNullCount();
      }
      return selected.stream().filter(vector::isNull).count();
    }

    void close() {
      if (constant != null) {
        constant.close();
      }
    }
  }
}

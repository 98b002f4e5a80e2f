package io.duckmesh.engine.parquet;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.RowSchema;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;

/** What a Parquet file of ours, whoever wrote it, says of itself at its end. */
public final class FileFooter {
  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

  /** Length of the footer and the magic after it. */
  private static final int TAIL_BYTES = 8;

  private final ParquetMetadata metadata;

  private FileFooter(ParquetMetadata metadata) {
    this.metadata = metadata;
  }

  /**
   * Reads the footer of a file.
   *
   * @throws IOException if the file can not be read or is not a Parquet file
   */
  public static FileFooter read(Path file) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      long size = channel.size();
      ByteBuffer tail = read(channel, size - TAIL_BYTES, TAIL_BYTES, file);
      int length = tail.order(ByteOrder.LITTLE_ENDIAN).getInt();
      byte[] magic = new byte[MAGIC.length];
      tail.get(magic);
      if (!Arrays.equals(magic, MAGIC)) {
        throw new IOException("File %s is not a Parquet file".formatted(file));
      }
      ByteBuffer footer = read(channel, size - TAIL_BYTES - length, length, file);
      return new FileFooter(
          new ParquetMetadataConverter()
              .readParquetMetadata(
                  new ByteArrayInputStream(footer.array()), ParquetMetadataConverter.NO_FILTER));
    }
  }

  private static ByteBuffer read(SeekableByteChannel channel, long position, int length, Path file)
      throws IOException {
    if (position < 0 || length < 0) {
      throw new IOException("File %s is not a Parquet file".formatted(file));
    }
    ByteBuffer bytes = ByteBuffer.allocate(length);
    channel.position(position);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw new IOException("File %s ends early".formatted(file));
      }
    }
    return bytes.flip();
  }

  public long rowCount() {
    return metadata.getBlocks().stream().mapToLong(BlockMetaData::getRowCount).sum();
  }

  /** Bytes of all values, encoded and not compressed. */
  public long uncompressedBytes() {
    return metadata.getBlocks().stream().mapToLong(BlockMetaData::getTotalByteSize).sum();
  }

  /**
   * Statistics as {@link DataFileWriter} gives them of a file that it writes.
   *
   * @param nestedNulls rows whose value is null by field id, for each column of the schema whose
   *     type has parts: a footer knows only of those
   */
  public List<ColumnStats> statistics(RowSchema schema, Map<Integer, Long> nestedNulls) {
    long[] nulls = new long[schema.columns().size()];
    for (int i = 0; i < nulls.length; i++) {
      Column column = schema.columns().get(i);
      if (column.type() instanceof ListOf || column.type() instanceof Struct) {
        nulls[i] =
            requireNonNull(
                nestedNulls.get(column.fieldId()), () -> "Nulls are unknown of " + column.name());
      } else {
        nulls[i] = nulls(column);
      }
    }
    return FileStatistics.of(schema, nulls, metadata);
  }

  private long nulls(Column column) {
    long nulls = 0;
    for (BlockMetaData block : metadata.getBlocks()) {
      ColumnChunkMetaData chunk = FileStatistics.chunk(block, column);
      if (!chunk.getStatistics().isNumNullsSet()) {
        throw new IllegalStateException("Column %s has no count of nulls".formatted(column.name()));
      }
      nulls += chunk.getStatistics().getNumNulls();
    }
    return nulls;
  }
}

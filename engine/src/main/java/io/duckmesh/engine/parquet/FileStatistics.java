package io.duckmesh.engine.parquet;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.ValueText;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.io.api.Binary;
import org.jspecify.annotations.Nullable;

/** Statistics of a file as the catalog keeps them, from those of its column chunks. */
final class FileStatistics {
  /** Characters of a text's bound; a longer one is cut. */
  private static final int TEXT_CHARACTERS = 64;

  private FileStatistics() {}

  static List<ColumnStats> of(RowSchema schema, long[] nulls, ParquetMetadata footer) {
    List<ColumnStats> statistics = new ArrayList<>();
    for (int i = 0; i < nulls.length; i++) {
      Column column = schema.columns().get(i);
      Optional<Bounds> bounds = hasOrder(column.type()) ? bounds(column, footer) : Optional.empty();
      statistics.add(
          new ColumnStats(
              column.fieldId(),
              nulls[i],
              bounds.map(Bounds::min).orElse(null),
              bounds.map(Bounds::max).orElse(null)));
    }
    return statistics;
  }

  /** Nested values, bytes and JSON are not compared in filters that bounds could decide. */
  private static boolean hasOrder(ColumnType type) {
    return type instanceof Decimal
        || (type instanceof Primitive && type != Primitive.BLOB && type != Primitive.JSON);
  }

  private record Bounds(String min, @Nullable String max) {}

  private static Optional<Bounds> bounds(Column column, ParquetMetadata footer) {
    Comparable<?> min = null;
    Comparable<?> max = null;
    for (BlockMetaData block : footer.getBlocks()) {
      Statistics<?> chunk = chunk(block, column).getStatistics();
      if (!chunk.hasNonNullValue()) {
        if (chunk.getNumNulls() == block.getRowCount()) {
          continue;
        }
        return Optional.empty();
      }
      if (chunk.getNanCount() > 0) {
        // NaN is above all numbers for DuckDB and beside them for others: no bound is safe.
        return Optional.empty();
      }
      min =
          min == null || compare(chunk, chunk.genericGetMin(), min) < 0
              ? chunk.genericGetMin()
              : min;
      max =
          max == null || compare(chunk, chunk.genericGetMax(), max) > 0
              ? chunk.genericGetMax()
              : max;
    }
    if (min == null || max == null) {
      return Optional.empty();
    }
    if (column.type() == Primitive.VARCHAR) {
      return Optional.of(
          new Bounds(
              lower(((Binary) min).toStringUsingUTF8()),
              upper(((Binary) max).toStringUsingUTF8())));
    }
    return Optional.of(new Bounds(text(column.type(), min), text(column.type(), max)));
  }

  static ColumnChunkMetaData chunk(BlockMetaData block, Column column) {
    for (ColumnChunkMetaData chunk : block.getColumns()) {
      if (chunk.getPath().size() == 1 && chunk.getPath().toArray()[0].equals(column.name())) {
        return chunk;
      }
    }
    throw new IllegalStateException("Column was not written: " + column.name());
  }

  @SuppressWarnings("unchecked")
  private static <T extends Comparable<T>> int compare(
      Statistics<?> statistics, Comparable<?> left, Comparable<?> right) {
    // The comparator is the one of the column's type, whose values both are.
    return ((Statistics<T>) statistics).comparator().compare((T) left, (T) right);
  }

  private static String text(ColumnType type, Comparable<?> value) {
    return switch (type) {
      case Decimal decimal -> ValueText.decimal(new BigDecimal(unscaled(value), decimal.scale()));
      case Primitive primitive ->
          switch (primitive) {
            case BOOLEAN, SMALLINT, INTEGER, BIGINT -> value.toString();
            case REAL -> ValueText.real((Float) value + 0f);
            case DOUBLE -> ValueText.doublePrecision((Double) value + 0d);
            case DATE -> ValueText.date((Integer) value);
            case TIME -> ValueText.time((Long) value);
            case TIMESTAMP -> ValueText.timestamp((Long) value);
            case TIMESTAMPTZ -> ValueText.timestamptz((Long) value);
            case UUID -> {
              ByteBuffer bytes = ((Binary) value).toByteBuffer();
              yield new UUID(bytes.getLong(), bytes.getLong()).toString();
            }
            case VARCHAR, BLOB, JSON ->
                throw new IllegalArgumentException("No bounds as one text: " + type);
          };
      case ColumnType.ListOf list -> throw new IllegalArgumentException("No bounds: " + list);
      case ColumnType.Struct struct -> throw new IllegalArgumentException("No bounds: " + struct);
    };
  }

  private static BigInteger unscaled(Comparable<?> value) {
    return switch (value) {
      case Integer number -> BigInteger.valueOf(number);
      case Long number -> BigInteger.valueOf(number);
      default -> new BigInteger(((Binary) value).getBytes());
    };
  }

  /** A text's beginning is not above it. */
  private static String lower(String text) {
    return text.substring(0, endOfBound(text));
  }

  /** A bound is short, and ends before a zero character, which PostgreSQL does not keep. */
  private static int endOfBound(String text) {
    int zero = text.indexOf('\0');
    int end = zero < 0 ? text.length() : zero;
    return text.codePointCount(0, end) <= TEXT_CHARACTERS
        ? end
        : text.offsetByCodePoints(0, TEXT_CHARACTERS);
  }

  /** A beginning whose last character is replaced by the next one is above the text. */
  private static @Nullable String upper(String text) {
    int end = endOfBound(text);
    if (end == text.length()) {
      return text;
    }
    while (end > 0) {
      int last = text.codePointBefore(end);
      end -= Character.charCount(last);
      if (last < Character.MAX_CODE_POINT) {
        // Surrogates are not characters; the one after them follows the one before.
        int next = last == Character.MIN_SURROGATE - 1 ? Character.MAX_SURROGATE + 1 : last + 1;
        return text.substring(0, end) + Character.toString(next);
      }
    }
    return null;
  }
}

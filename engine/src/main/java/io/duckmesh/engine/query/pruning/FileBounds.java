package io.duckmesh.engine.query.pruning;

import io.duckmesh.engine.parquet.ColumnStats;
import io.duckmesh.engine.schema.ColumnType;
import java.util.Arrays;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one column in each of a table's files, side by side in arrays. What a file has
 * no statistics for may hold anything. Immutable once built.
 */
abstract sealed class FileBounds permits LongBounds, DoubleBounds, TextBounds, NullCounts {
  private static final byte NO_NULLS = 1;
  private static final byte ONLY_NULLS = 2;
  private static final byte LOWER = 4;
  private static final byte UPPER = 8;

  private byte[] flags = new byte[0];

  /** Bounds of a column of that type, for which files of at least {@code size} are expected. */
  static FileBounds of(ColumnType type, int size) {
    FileBounds bounds =
        switch (type) {
          case ColumnType.Decimal decimal -> new LongBounds(type, decimal.scale());
          case ColumnType.Primitive primitive ->
              switch (primitive) {
                case BOOLEAN, SMALLINT, INTEGER, BIGINT, DATE, TIME, TIMESTAMP, TIMESTAMPTZ ->
                    new LongBounds(type, 0);
                case REAL, DOUBLE -> new DoubleBounds(primitive);
                case VARCHAR, UUID -> new TextBounds(primitive);
                case BLOB, JSON -> new NullCounts();
              };
          case ColumnType.ListOf list -> new NullCounts();
          case ColumnType.Struct struct -> new NullCounts();
        };
    bounds.grow(size);
    return bounds;
  }

  final void grow(int size) {
    flags = Arrays.copyOf(flags, size);
    growBounds(size);
  }

  abstract void growBounds(int size);

  /** Takes over what is known of another column's file, which has the same type. */
  final void copy(int file, FileBounds other, int from) {
    flags[file] = other.flags[from];
    copyBounds(file, other, from);
  }

  abstract void copyBounds(int file, FileBounds other, int from);

  /**
   * Takes in what the catalog says of a file.
   *
   * @param writtenAs the column's type when the file was written
   */
  final void set(int file, ColumnType writtenAs, long rowCount, ColumnStats stats) {
    byte known = 0;
    if (stats.nullCount() == 0) {
      known |= NO_NULLS;
    }
    if (stats.nullCount() >= rowCount) {
      known |= ONLY_NULLS;
    }
    String min = stats.min();
    if (min != null && setLower(file, writtenAs, min)) {
      known |= LOWER;
    }
    String max = stats.max();
    if (max != null && setUpper(file, writtenAs, max)) {
      known |= UPPER;
    }
    flags[file] = known;
  }

  /** False if the text is not understood. */
  abstract boolean setLower(int file, ColumnType writtenAs, String min);

  abstract boolean setUpper(int file, ColumnType writtenAs, String max);

  final boolean mayHoldNull(int file) {
    return (flags[file] & NO_NULLS) == 0;
  }

  final boolean mayHoldValue(int file) {
    return (flags[file] & ONLY_NULLS) == 0;
  }

  final boolean hasLower(int file) {
    return (flags[file] & LOWER) != 0;
  }

  final boolean hasUpper(int file) {
    return (flags[file] & UPPER) != 0;
  }

  /**
   * Which files may hold a value for which the comparison is true; null if that can not be told.
   */
  abstract @Nullable IntPredicate mayHold(Operator operator, Constant constant);

  /** Bytes of memory, roughly. */
  long weight() {
    return 32L + flags.length;
  }
}

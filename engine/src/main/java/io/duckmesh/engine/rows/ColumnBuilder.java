package io.duckmesh.engine.rows;

import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/**
 * Values of one column, or of one place inside a nested column, in Arrow's layout but on the heap:
 * growing there is cheap, and nothing has to be freed when rows turn out wrong.
 *
 * <p>Unused bytes are zero, so that the same rows give the same bytes.
 */
abstract class ColumnBuilder {
  private final @Nullable ColumnBuilder parent;
  private final String name;

  /** One bit per value, set where there is one; null as long as there are no nulls. */
  private byte @Nullable [] validity;

  private int count;
  private int nullCount;

  ColumnBuilder(String name, @Nullable ColumnBuilder parent) {
    this.name = name;
    this.parent = parent;
  }

  static ColumnBuilder create(ColumnType type, String name) {
    return create(type, name, null);
  }

  static ColumnBuilder create(ColumnType type, String name, @Nullable ColumnBuilder parent) {
    return switch (type) {
      case Primitive primitive ->
          switch (primitive) {
            case BOOLEAN -> new BooleanBuilder(name, parent);
            case SMALLINT, INTEGER, BIGINT -> new IntegerBuilder(primitive, name, parent);
            case REAL, DOUBLE -> new FloatBuilder(primitive, name, parent);
            case VARCHAR -> new TextBuilder(name, parent);
            case DATE, TIME, TIMESTAMP, TIMESTAMPTZ -> new TemporalBuilder(primitive, name, parent);
            case UUID -> new UuidBuilder(name, parent);
            case BLOB -> new BlobBuilder(name, parent);
            case JSON -> new JsonBuilder(name, parent);
          };
      case Decimal decimal -> new DecimalBuilder(decimal, name, parent);
      case ListOf list -> new ListBuilder(list, name, parent);
      case Struct struct -> new StructBuilder(struct, name, parent);
    };
  }

  final String name() {
    return name;
  }

  final int count() {
    return count;
  }

  /** Appends the value of the token, which is not null; if it does not fit, null and an error. */
  abstract void read(JsonCursor cursor, JsonToken token);

  /** Appends the value of the token, null included. */
  final void readNullable(JsonCursor cursor, JsonToken token) {
    if (token == JsonToken.VALUE_NULL) {
      appendNull();
    } else {
      read(cursor, token);
    }
  }

  /** Appends null. */
  final void appendNull() {
    reserveNull();
    byte[] bits = validity;
    if (bits == null) {
      bits = new byte[Math.max(16, bytesOf(count + 1))];
      Arrays.fill(bits, 0, count >> 3, (byte) 0xff);
      if ((count & 7) != 0) {
        bits[count >> 3] = (byte) ((1 << (count & 7)) - 1);
      }
      validity = bits;
    }
    count++;
    nullCount++;
  }

  /** Appends a value of a builder of the same type. */
  final void appendFrom(ColumnBuilder other, int index) {
    if (other.isNull(index)) {
      appendNull();
    } else {
      copyFrom(other, index);
    }
  }

  /** Takes back all but the first {@code newCount} values, and what was begun behind them. */
  final void truncate(int newCount) {
    byte[] bits = validity;
    if (bits != null) {
      for (int index = newCount; index < count; index++) {
        int bit = 1 << (index & 7);
        if ((bytesAt(bits, index) & bit) == 0) {
          nullCount--;
        } else {
          bits[index >> 3] &= (byte) ~bit;
        }
      }
    }
    truncateValues(newCount);
    count = Math.min(count, newCount);
  }

  final boolean isNull(int index) {
    byte[] bits = validity;
    return bits != null && (bytesAt(bits, index) & 1 << (index & 7)) == 0;
  }

  /** Adds the columns' nodes and buffers in the order of Arrow's record batches. */
  final void collect(RowBuffers buffers) {
    buffers.addNode(count, nullCount);
    int length = bytesOf(count);
    byte[] bits = validity;
    if (bits == null) {
      bits = new byte[length];
      Arrays.fill(bits, (byte) 0xff);
      if ((count & 7) != 0) {
        bits[length - 1] = (byte) ((1 << (count & 7)) - 1);
      }
    }
    buffers.add(grown(bits, length), length);
    collectValues(buffers);
  }

  /** Adds the canonical text of a value that is not null as a part of a key. */
  abstract void addKey(int index, KeyText key);

  /** Makes room for a null, and appends what a null needs in the buffers. */
  abstract void reserveNull();

  /** Appends a value, which is not null, of a builder of the same type. */
  abstract void copyFrom(ColumnBuilder other, int index);

  /** Clears the values from {@code newCount} to {@link #count()}. */
  abstract void truncateValues(int newCount);

  abstract void collectValues(RowBuffers buffers);

  /** Counts a value that has been written. */
  final void appended() {
    byte[] bits = validity;
    if (bits != null) {
      int index = count >> 3;
      if (index >= bits.length) {
        bits = grown(bits, index + 1L);
        validity = bits;
      }
      bits[index] |= (byte) (1 << (count & 7));
    }
    count++;
  }

  /** Reports the current value as wrong and appends null in its place. */
  final void refuse(JsonCursor cursor, String rule) {
    reportValue(cursor, path(), rule);
    appendNull();
  }

  /** Reports the current value as wrong, without appending anything. */
  static void reportValue(JsonCursor cursor, String column, String rule) {
    String value = cursor.skipShown();
    cursor.errors().add(() -> column, () -> value, rule);
  }

  /** The column with the way into it, such as {@code orders[2].price}; elements count from 0. */
  final String path() {
    return parent == null ? name : parent.pathOf(this);
  }

  /** The path of a child. */
  String pathOf(ColumnBuilder child) {
    throw new IllegalStateException("Column '%s' has no children".formatted(name));
  }

  private static byte bytesAt(byte[] bits, int index) {
    return index >> 3 < bits.length ? bits[index >> 3] : 0;
  }

  static int bytesOf(int bits) {
    return (bits + 7) >> 3;
  }

  /**
   * The array, or a longer copy that has room for {@code needed} bytes.
   *
   * @throws BodyTooLargeException if no array is that long
   */
  static byte[] grown(byte[] array, long needed) {
    if (needed <= array.length) {
      return array;
    }
    int longest = Integer.MAX_VALUE - 16;
    if (needed > longest) {
      throw new BodyTooLargeException("bytes in one column", longest);
    }
    return Arrays.copyOf(array, (int) Math.min(Math.max(needed, 2L * array.length), longest));
  }
}

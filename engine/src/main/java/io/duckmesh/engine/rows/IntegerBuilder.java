package io.duckmesh.engine.rows;

import io.duckmesh.engine.schema.ColumnType.Primitive;
import java.nio.CharBuffer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * SMALLINT, INTEGER and BIGINT from numbers without fraction and exponent; BIGINT also from strings
 * of such, because JavaScript has no numbers of 64 bits.
 */
final class IntegerBuilder extends FixedWidthBuilder {
  /** So many digits always fit. */
  private static final int SAFE_DIGITS = 18;

  private final Primitive type;
  private final long smallest;
  private final long largest;

  IntegerBuilder(Primitive type, String name, @Nullable ColumnBuilder parent) {
    super(width(type), name, parent);
    this.type = type;
    this.smallest = Long.MIN_VALUE >> (Long.SIZE - Byte.SIZE * width(type));
    this.largest = ~smallest;
  }

  private static int width(Primitive type) {
    return switch (type) {
      case SMALLINT -> Short.BYTES;
      case INTEGER -> Integer.BYTES;
      case BIGINT -> Long.BYTES;
      default -> throw new IllegalArgumentException("Not an integer type: " + type);
    };
  }

  @Override
  void read(JsonCursor cursor, JsonToken token) {
    JsonParser parser = cursor.parser();
    if (token != JsonToken.VALUE_NUMBER_INT
        && (token != JsonToken.VALUE_STRING || type != Primitive.BIGINT)) {
      refuse(cursor, rule());
      return;
    }
    char[] text = parser.getStringCharacters();
    int from = parser.getStringOffset();
    int to = from + parser.getStringLength();
    if (token == JsonToken.VALUE_STRING && !NumberText.isInteger(text, from, to)) {
      refuse(cursor, rule());
      return;
    }
    long value;
    if (to - from <= SAFE_DIGITS) {
      value = parse(text, from, to);
    } else {
      try {
        value = Long.parseLong(CharBuffer.wrap(text, from, to - from), 0, to - from, 10);
      } catch (NumberFormatException e) {
        refuse(cursor, rule());
        return;
      }
    }
    if (value < smallest || value > largest) {
      refuse(cursor, rule());
      return;
    }
    append(value);
  }

  private void append(long value) {
    switch (type) {
      case SMALLINT -> appendShort((short) value);
      case INTEGER -> appendInt((int) value);
      default -> appendLong(value);
    }
  }

  private static long parse(char[] text, int from, int to) {
    boolean negative = text[from] == '-';
    long value = 0;
    for (int at = negative ? from + 1 : from; at < to; at++) {
      value = value * 10 + (text[at] - '0');
    }
    return negative ? -value : value;
  }

  private String rule() {
    return "%s is a whole number from %d to %d, without fraction or exponent"
        .formatted(type, smallest, largest);
  }

  @Override
  void addKey(int index, KeyText key) {
    key.addAscii(
        Long.toString(
            switch (type) {
              case SMALLINT -> shortAt(index);
              case INTEGER -> intAt(index);
              default -> longAt(index);
            }));
  }
}

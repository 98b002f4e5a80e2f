package io.duckmesh.engine.rows;

import io.duckmesh.engine.schema.ColumnType.Primitive;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * REAL and DOUBLE: the nearest value to the number, as these types are made; a number beyond the
 * largest is an error. JSON has no numbers for NaN and the infinities, so the strings {@code
 * "NaN"}, {@code "Infinity"} and {@code "-Infinity"} stand for them.
 */
final class FloatBuilder extends FixedWidthBuilder {
  private static final double[] POWERS_OF_TEN = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  /** So many digits are exact as a double, and so is the quotient of them and a power above. */
  private static final int EXACT_DIGITS = 15;

  private final Primitive type;

  FloatBuilder(Primitive type, String name, @Nullable ColumnBuilder parent) {
    super(type == Primitive.REAL ? Float.BYTES : Double.BYTES, name, parent);
    this.type = type;
  }

  @Override
  void read(JsonCursor cursor, JsonToken token) {
    JsonParser parser = cursor.parser();
    if (token == JsonToken.VALUE_STRING) {
      switch (parser.getString()) {
        case "NaN" -> append(Double.NaN);
        case "Infinity" -> append(Double.POSITIVE_INFINITY);
        case "-Infinity" -> append(Double.NEGATIVE_INFINITY);
        default -> refuse(cursor, rule());
      }
    } else if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
      refuse(cursor, rule());
    } else if (type == Primitive.REAL) {
      float value = Float.parseFloat(parser.getString());
      if (Float.isInfinite(value)) {
        refuse(cursor, rule());
      } else {
        appendInt(Float.floatToRawIntBits(value));
      }
    } else {
      double value = doubleOf(parser);
      if (Double.isInfinite(value)) {
        refuse(cursor, rule());
      } else {
        appendLong(Double.doubleToRawLongBits(value));
      }
    }
  }

  private void append(double value) {
    if (type == Primitive.REAL) {
      appendInt(Float.floatToIntBits((float) value));
    } else {
      appendLong(Double.doubleToLongBits(value));
    }
  }

  private static double doubleOf(JsonParser parser) {
    char[] text = parser.getStringCharacters();
    int from = parser.getStringOffset();
    int to = from + parser.getStringLength();
    if (to - from > EXACT_DIGITS) {
      return parser.getDoubleValue();
    }
    boolean negative = text[from] == '-';
    long digits = 0;
    int point = -1;
    for (int at = negative ? from + 1 : from; at < to; at++) {
      char c = text[at];
      if (c == '.') {
        point = at;
      } else if (c >= '0' && c <= '9') {
        digits = digits * 10 + (c - '0');
      } else {
        return parser.getDoubleValue();
      }
    }
    double value = point < 0 ? digits : digits / POWERS_OF_TEN[to - point - 1];
    return negative ? -value : value;
  }

  private String rule() {
    String largest =
        type == Primitive.REAL
            ? Float.toString(Float.MAX_VALUE)
            : Double.toString(Double.MAX_VALUE);
    return "%s is a number from -%s to %s, or the string \"NaN\", \"Infinity\" or \"-Infinity\""
        .formatted(type, largest, largest);
  }

  @Override
  void addKey(int index, KeyText key) {
    key.addAscii(
        type == Primitive.REAL
            ? Float.toString(Float.intBitsToFloat(intAt(index)))
            : Double.toString(Double.longBitsToDouble(longAt(index))));
  }
}

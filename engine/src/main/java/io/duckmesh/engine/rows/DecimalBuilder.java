package io.duckmesh.engine.rows;

import io.duckmesh.engine.schema.ColumnType.Decimal;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * DECIMAL from numbers, and from strings of such, whose value it has exactly: digits behind the
 * scale have to be zeros.
 */
final class DecimalBuilder extends FixedWidthBuilder {
  /** So many digits always fit into a long. */
  private static final int SAFE_DIGITS = 18;

  private final Decimal type;

  DecimalBuilder(Decimal type, String name, @Nullable ColumnBuilder parent) {
    super(2 * Long.BYTES, name, parent);
    this.type = type;
  }

  @Override
  void read(JsonCursor cursor, JsonToken token) {
    if (token != JsonToken.VALUE_NUMBER_INT
        && token != JsonToken.VALUE_NUMBER_FLOAT
        && token != JsonToken.VALUE_STRING) {
      refuse(cursor, rule());
      return;
    }
    JsonParser parser = cursor.parser();
    char[] text = parser.getStringCharacters();
    int from = parser.getStringOffset();
    int to = from + parser.getStringLength();
    if (token == JsonToken.VALUE_STRING
        && (to - from > parser.streamReadConstraints().getMaxNumberLength()
            || !NumberText.isNumber(text, from, to))) {
      refuse(cursor, rule());
    } else if (!appendFewDigits(text, from, to) && !appendManyDigits(text, from, to)) {
      refuse(cursor, rule());
    }
  }

  /** Appends a number of few digits; false if it has too many, an exponent, or does not fit. */
  private boolean appendFewDigits(char[] text, int from, int to) {
    if (to - from > SAFE_DIGITS) {
      return false;
    }
    boolean negative = text[from] == '-';
    long unscaled = 0;
    int digits = 0;
    int decimals = -1;
    for (int at = negative ? from + 1 : from; at < to; at++) {
      char c = text[at];
      if (c == '.') {
        decimals = 0;
      } else if (c < '0' || c > '9') {
        return false;
      } else if (decimals == type.scale()) {
        if (c != '0') {
          return false;
        }
      } else {
        unscaled = unscaled * 10 + (c - '0');
        digits += unscaled == 0 ? 0 : 1;
        decimals += decimals < 0 ? 0 : 1;
      }
    }
    int missing = type.scale() - Math.max(decimals, 0);
    if (digits + missing > SAFE_DIGITS) {
      return false;
    }
    for (int i = 0; i < missing; i++) {
      unscaled *= 10;
    }
    if (unscaled != 0 && digits + missing > type.precision()) {
      return false;
    }
    long value = negative ? -unscaled : unscaled;
    appendLongs(value, value >> (Long.SIZE - 1));
    return true;
  }

  private boolean appendManyDigits(char[] text, int from, int to) {
    BigDecimal value;
    try {
      value = new BigDecimal(text, from, to - from).stripTrailingZeros();
    } catch (NumberFormatException e) {
      return false; // The exponent is beyond what BigDecimal has.
    }
    // In long arithmetic, because a scale may be anywhere in the range of int.
    long digitsBeforePoint = (long) value.precision() - value.scale();
    if (value.signum() != 0
        && (value.scale() > type.scale() || digitsBeforePoint > type.precision() - type.scale())) {
      return false;
    }
    BigInteger unscaled =
        value.signum() == 0 ? BigInteger.ZERO : value.setScale(type.scale()).unscaledValue();
    appendLongs(unscaled.longValue(), unscaled.shiftRight(Long.SIZE).longValue());
    return true;
  }

  private String rule() {
    return "%s is a number of at most %d digits before and %d after the point"
        .formatted(type, type.precision() - type.scale(), type.scale());
  }

  @Override
  void addKey(int index, KeyText key) {
    BigInteger low = new BigInteger(Long.toUnsignedString(longAt(index)));
    BigInteger unscaled = BigInteger.valueOf(secondLongAt(index)).shiftLeft(Long.SIZE).or(low);
    key.addAscii(new BigDecimal(unscaled, type.scale()).toPlainString());
  }
}

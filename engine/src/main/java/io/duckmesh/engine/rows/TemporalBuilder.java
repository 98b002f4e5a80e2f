package io.duckmesh.engine.rows;

import io.duckmesh.engine.schema.ColumnType.Primitive;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** DATE, TIME, TIMESTAMP and TIMESTAMPTZ from strings. */
final class TemporalBuilder extends FixedWidthBuilder {
  private final Primitive type;

  TemporalBuilder(Primitive type, String name, @Nullable ColumnBuilder parent) {
    super(type == Primitive.DATE ? Integer.BYTES : Long.BYTES, name, parent);
    this.type = type;
  }

  @Override
  void read(JsonCursor cursor, JsonToken token) {
    if (token != JsonToken.VALUE_STRING) {
      refuse(cursor, rule());
      return;
    }
    JsonParser parser = cursor.parser();
    char[] text = parser.getStringCharacters();
    int from = parser.getStringOffset();
    int to = from + parser.getStringLength();
    long value =
        switch (type) {
          case DATE -> TemporalText.parseDate(text, from, to);
          case TIME -> TemporalText.parseTime(text, from, to);
          case TIMESTAMP -> TemporalText.parseTimestamp(text, from, to);
          default -> TemporalText.parseTimestampWithZone(text, from, to);
        };
    if (value == TemporalText.INVALID) {
      refuse(cursor, rule());
    } else if (type == Primitive.DATE) {
      appendInt((int) value);
    } else {
      appendLong(value);
    }
  }

  private String rule() {
    return switch (type) {
      case DATE -> "DATE is a day such as \"2026-01-31\", years 0001 to 9999";
      case TIME -> "TIME is a time of day such as \"23:59:59.123456\", with at most 6 decimals";
      case TIMESTAMP ->
          "TIMESTAMP is a time without zone such as \"2026-01-31T23:59:59.123456\", with at most 6"
              + " decimals";
      default ->
          "TIMESTAMPTZ is a time with zone such as \"2026-01-31T23:59:59.123456Z\" or with +01:00 at"
              + " its end, with at most 6 decimals";
    };
  }

  @Override
  void addKey(int index, KeyText key) {
    key.addAscii(TemporalText.print(type, type == Primitive.DATE ? intAt(index) : longAt(index)));
  }
}

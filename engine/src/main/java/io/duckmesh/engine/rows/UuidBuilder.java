package io.duckmesh.engine.rows;

import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** UUID from its usual text of 36 characters, in any case; kept most significant byte first. */
final class UuidBuilder extends FixedWidthBuilder {
  private static final String RULE =
      "UUID is a string such as \"0190163d-8694-739b-aea5-966c26f8ad91\"";
  private static final int LENGTH = 36;

  UuidBuilder(String name, @Nullable ColumnBuilder parent) {
    super(2 * Long.BYTES, name, parent);
  }

  @Override
  void read(JsonCursor cursor, JsonToken token) {
    JsonParser parser = cursor.parser();
    if (token != JsonToken.VALUE_STRING || parser.getStringLength() != LENGTH) {
      refuse(cursor, RULE);
      return;
    }
    char[] text = parser.getStringCharacters();
    int from = parser.getStringOffset();
    long high = 0;
    long low = 0;
    for (int i = 0; i < LENGTH; i++) {
      char c = text[from + i];
      boolean hyphen = i == 8 || i == 13 || i == 18 || i == 23;
      if (hyphen ? c != '-' : !HexFormat.isHexDigit(c)) {
        refuse(cursor, RULE);
        return;
      }
      if (!hyphen) {
        high = high << 4 | low >>> 60;
        low = low << 4 | HexFormat.fromHexDigit(c);
      }
    }
    appendLongs(Long.reverseBytes(high), Long.reverseBytes(low));
  }

  @Override
  void addKey(int index, KeyText key) {
    long high = Long.reverseBytes(longAt(index));
    long low = Long.reverseBytes(secondLongAt(index));
    key.addAscii(new UUID(high, low).toString());
  }
}

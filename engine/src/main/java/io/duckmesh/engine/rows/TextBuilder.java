package io.duckmesh.engine.rows;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** VARCHAR from strings. */
final class TextBuilder extends VariableWidthBuilder {
  private static final int MAX_BYTES_OF_CHAR = 3;

  TextBuilder(String name, @Nullable ColumnBuilder parent) {
    super(name, parent);
  }

  @Override
  void read(JsonCursor cursor, JsonToken token) {
    if (token != JsonToken.VALUE_STRING) {
      refuse(cursor, "VARCHAR is a string");
      return;
    }
    JsonParser parser = cursor.parser();
    char[] text = parser.getStringCharacters();
    int from = parser.getStringOffset();
    int to = from + parser.getStringLength();
    byte[] target = reserve((long) MAX_BYTES_OF_CHAR * (to - from));
    int end = end();
    int at = from;
    while (at < to && text[at] < 0x80) {
      target[end++] = (byte) text[at++];
    }
    if (at < to) {
      end = encode(text, at, to, target, end);
    }
    if (end < 0) {
      refuse(cursor, "VARCHAR is a string of Unicode characters, without half a surrogate pair");
    } else {
      append(end);
    }
  }

  /** Writes UTF-8 from {@code end} on and answers its new end, -1 if a surrogate has no partner. */
  private static int encode(char[] text, int from, int to, byte[] target, int end) {
    int written = end;
    for (int at = from; at < to; at++) {
      char c = text[at];
      if (c < 0x80) {
        target[written++] = (byte) c;
      } else if (c < 0x800) {
        target[written++] = (byte) (0xc0 | c >> 6);
        target[written++] = (byte) (0x80 | (c & 0x3f));
      } else if (!Character.isSurrogate(c)) {
        target[written++] = (byte) (0xe0 | c >> 12);
        target[written++] = (byte) (0x80 | (c >> 6 & 0x3f));
        target[written++] = (byte) (0x80 | (c & 0x3f));
      } else {
        if (at + 1 == to || !Character.isSurrogatePair(c, text[at + 1])) {
          return -1;
        }
        int codePoint = Character.toCodePoint(c, text[++at]);
        target[written++] = (byte) (0xf0 | codePoint >> 18);
        target[written++] = (byte) (0x80 | (codePoint >> 12 & 0x3f));
        target[written++] = (byte) (0x80 | (codePoint >> 6 & 0x3f));
        target[written++] = (byte) (0x80 | (codePoint & 0x3f));
      }
    }
    return written;
  }
}

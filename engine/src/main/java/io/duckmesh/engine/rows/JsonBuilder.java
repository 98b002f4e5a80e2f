package io.duckmesh.engine.rows;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/** JSON: any value, kept byte for byte as it was sent. */
final class JsonBuilder extends VariableWidthBuilder {
  JsonBuilder(String name, @Nullable ColumnBuilder parent) {
    super(name, parent);
  }

  @Override
  void read(JsonCursor cursor, JsonToken token) {
    int from = cursor.tokenStart();
    cursor.finishValue();
    int to = cursor.position();
    byte[] text = cursor.text();
    if (hasHalfSurrogatePair(text, from, to)) {
      String path = path();
      cursor
          .errors()
          .add(
              () -> path,
              () -> Utf8.shown(text, from, to),
              "JSON has Unicode characters in its strings, without half a surrogate pair");
      appendNull();
    } else {
      append(text, from, to - from);
    }
  }

  /** Whether there is an escaped surrogate without its partner; others are not valid UTF-8. */
  private static boolean hasHalfSurrogatePair(byte[] json, int from, int to) {
    for (int at = from; at < to; at++) {
      if (json[at] != '\\') {
        continue;
      }
      at++;
      if (json[at] != 'u') {
        continue;
      }
      char c = escaped(json, at + 1);
      at += 4;
      if (!Character.isSurrogate(c)) {
        continue;
      }
      boolean pair =
          at + 6 < to
              && json[at + 1] == '\\'
              && json[at + 2] == 'u'
              && Character.isSurrogatePair(c, escaped(json, at + 3));
      if (!pair) {
        return true;
      }
      at += 6;
    }
    return false;
  }

  private static char escaped(byte[] json, int at) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      value = value << 4 | Character.digit(json[at + i], 16);
    }
    return (char) value;
  }
}

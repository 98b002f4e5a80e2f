package io.duckmesh.engine.rows;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * A parser over part of a text that knows where in the text it stands. The text is UTF-8; that is
 * checked before, because the parser does not.
 */
final class JsonCursor implements AutoCloseable {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER).build();

  private final byte[] text;
  private final int start;
  private final int end;
  private final JsonParser parser;
  private final RowErrors errors;

  JsonCursor(byte[] text, int start, int end, RowErrors errors) {
    this.text = text;
    this.start = start;
    this.end = end;
    this.errors = errors;
    this.parser = FACTORY.createParser(ObjectReadContext.empty(), text, start, end - start);
  }

  /**
   * Whether the bytes at the start would make the parser take the text for something else than
   * UTF-8, or skip them.
   */
  static boolean isMistakable(byte[] text, int start, int end) {
    for (int at = start; at < Math.min(end, start + 4); at++) {
      if (text[at] == 0) {
        return true;
      }
    }
    return hasByteOrderMark(text, start, end);
  }

  static boolean hasByteOrderMark(byte[] text, int start, int end) {
    return end - start >= 3
        && text[start] == (byte) 0xef
        && text[start + 1] == (byte) 0xbb
        && text[start + 2] == (byte) 0xbf;
  }

  JsonParser parser() {
    return parser;
  }

  byte[] text() {
    return text;
  }

  RowErrors errors() {
    return errors;
  }

  /** Where the current token begins in the text. */
  int tokenStart() {
    return start + (int) parser.currentTokenLocation().getByteOffset();
  }

  /** Where the text continues behind what has been read. */
  int position() {
    return start + (int) parser.currentLocation().getByteOffset();
  }

  /** Reads to the end of the value at which the parser stands. */
  void finishValue() {
    if (parser.currentToken() == JsonToken.START_OBJECT
        || parser.currentToken() == JsonToken.START_ARRAY) {
      parser.skipChildren();
    } else {
      parser.finishToken();
    }
  }

  /** Reads to the end of the current value and gives it as an error shows it. */
  String skipShown() {
    int from = tokenStart();
    finishValue();
    return Utf8.shown(text, from, position());
  }

  /** What the parser says is wrong, without its own names for things. */
  static String explanation(JacksonException e) {
    String message = e.getOriginalMessage();
    int source = message.indexOf(" (start marker at");
    if (source < 0) {
      source = message.indexOf(" at [Source");
    }
    String explanation =
        (source < 0 ? message : message.substring(0, source))
            .replaceAll(",? from `[^`]*`", "")
            .strip();
    return e.getLocation() == null || e.getLocation().getColumnNr() < 1
        ? explanation
        : "%s, at line %d column %d"
            .formatted(explanation, e.getLocation().getLineNr(), e.getLocation().getColumnNr());
  }

  @Override
  public void close() {
    parser.close();
  }

  @Override
  public String toString() {
    return "JSON text at byte %d of %d".formatted(position(), end);
  }
}

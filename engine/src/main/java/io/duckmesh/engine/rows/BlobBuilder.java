package io.duckmesh.engine.rows;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * BLOB from strings in Base64 of RFC 4648 section 4, strictly: with padding, without line breaks,
 * with zeros in the bits that are left over.
 */
final class BlobBuilder extends VariableWidthBuilder {
  private static final String RULE =
      "BLOB is a string in Base64 with padding, without other characters";
  private static final byte[] SEXTETS = sextets();

  BlobBuilder(String name, @Nullable ColumnBuilder parent) {
    super(name, parent);
  }

  private static byte[] sextets() {
    byte[] sextets = new byte[128];
    Arrays.fill(sextets, (byte) -1);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < alphabet.length(); i++) {
      sextets[alphabet.charAt(i)] = (byte) i;
    }
    return sextets;
  }

  @Override
  void read(JsonCursor cursor, JsonToken token) {
    JsonParser parser = cursor.parser();
    if (token != JsonToken.VALUE_STRING || parser.getStringLength() % 4 != 0) {
      refuse(cursor, RULE);
      return;
    }
    char[] text = parser.getStringCharacters();
    int from = parser.getStringOffset();
    int to = from + parser.getStringLength();
    int padding = 0;
    while (padding < 2 && to - padding > from && text[to - padding - 1] == '=') {
      padding++;
    }
    byte[] target = reserve((to - from) / 4L * 3);
    int end = end();
    for (int at = from; at < to; at += 4) {
      int characters = at + 4 == to ? 4 - padding : 4;
      int bits = 0;
      for (int i = 0; i < characters; i++) {
        char c = text[at + i];
        int sextet = c < 128 ? SEXTETS[c] : -1;
        if (sextet < 0) {
          refuse(cursor, RULE);
          return;
        }
        bits |= sextet << (18 - 6 * i);
      }
      int leftOver = characters == 4 ? 0 : characters == 3 ? bits & 0xff : bits & 0xffff;
      if (leftOver != 0) {
        refuse(cursor, RULE);
        return;
      }
      for (int i = 0; i < characters - 1; i++) {
        target[end++] = (byte) (bits >> (16 - 8 * i));
      }
    }
    append(end);
  }
}

package io.duckmesh.engine.rows;

import io.duckmesh.engine.segment.KeyHash;
import io.duckmesh.engine.segment.KeyHashes;
import java.util.Arrays;

/** The parts of one event key as UTF-8, one right behind the other. */
final class KeyText {
  private byte[] text = new byte[64];
  private int[] ends = new int[4];
  private int length;
  private int parts;

  void clear() {
    length = 0;
    parts = 0;
  }

  void add(byte[] source, int from, int count) {
    if (text.length - length < count) {
      text = Arrays.copyOf(text, Math.max(length + count, 2 * text.length));
    }
    System.arraycopy(source, from, text, length, count);
    length += count;
    endPart();
  }

  /** Adds characters that are all ASCII. */
  @SuppressWarnings("deprecation") // copies the low bytes, which is what ASCII needs
  void addAscii(String part) {
    int count = part.length();
    if (text.length - length < count) {
      text = Arrays.copyOf(text, Math.max(length + count, 2 * text.length));
    }
    part.getBytes(0, count, text, length);
    length += count;
    endPart();
  }

  private void endPart() {
    if (parts == ends.length) {
      ends = Arrays.copyOf(ends, 2 * parts);
    }
    ends[parts++] = length;
  }

  KeyHash hash() {
    return KeyHashes.eventKey(text, ends, parts);
  }
}

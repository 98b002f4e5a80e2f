package io.duckmesh.engine.rows;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** UTF-8 text in byte arrays: what is valid, where lines end, how errors show it. */
final class Utf8 {
  /** Longest value in an error, in characters. */
  static final int MAX_SHOWN = 100;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long LOW_BITS = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long NEWLINES = '\n' * LOW_BITS;

  private Utf8() {}

  /** Where the line that begins at {@code from} ends: at its newline, or at {@code to}. */
  static int lineEnd(byte[] text, int from, int to) {
    int at = from;
    for (; at + Long.BYTES <= to; at += Long.BYTES) {
      long difference = (long) LONG.get(text, at) ^ NEWLINES;
      long found = (difference - LOW_BITS) & ~difference & HIGH_BITS;
      if (found != 0) {
        return at + (Long.numberOfTrailingZeros(found) >> 3);
      }
    }
    while (at < to && text[at] != '\n') {
      at++;
    }
    return at;
  }

  /** Where the first byte stands that makes the text invalid, -1 if it is valid UTF-8. */
  static int firstInvalid(byte[] text, int from, int to) {
    int at = from;
    while (at < to) {
      if (at + Long.BYTES <= to && ((long) LONG.get(text, at) & HIGH_BITS) == 0) {
        at += Long.BYTES;
      } else if (text[at] >= 0) {
        at++;
      } else {
        int length = sequenceLength(text, at, to);
        if (length == 0) {
          return at;
        }
        at += length;
      }
    }
    return -1;
  }

  /** Bytes of the character of more than one byte at {@code at}, 0 if it is none. */
  private static int sequenceLength(byte[] text, int at, int to) {
    int first = text[at] & 0xff;
    int left = to - at;
    if (first >= 0xc2 && first <= 0xdf) {
      return left >= 2 && isContinuation(text[at + 1]) ? 2 : 0;
    }
    if (first >= 0xe0 && first <= 0xef) {
      if (left < 3 || !isContinuation(text[at + 1]) || !isContinuation(text[at + 2])) {
        return 0;
      }
      int character = (first & 0x0f) << 12 | (text[at + 1] & 0x3f) << 6 | (text[at + 2] & 0x3f);
      return character >= 0x800 && !Character.isSurrogate((char) character) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
      if (left < 4
          || !isContinuation(text[at + 1])
          || !isContinuation(text[at + 2])
          || !isContinuation(text[at + 3])) {
        return 0;
      }
      int codePoint =
          (first & 0x07) << 18
              | (text[at + 1] & 0x3f) << 12
              | (text[at + 2] & 0x3f) << 6
              | (text[at + 3] & 0x3f);
      return Character.isSupplementaryCodePoint(codePoint) ? 4 : 0;
    }
    return 0;
  }

  private static boolean isContinuation(byte b) {
    return (b & 0xc0) == 0x80;
  }

  /** Whether there is only JSON white space. */
  static boolean isBlank(byte[] text, int from, int to) {
    for (int at = from; at < to; at++) {
      byte b = text[at];
      if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
        return false;
      }
    }
    return true;
  }

  /** The text as an error shows it: without white space around it, cut to {@link #MAX_SHOWN}. */
  static String shown(byte[] text, int from, int to) {
    int length = Math.min(to - from, 4 * (MAX_SHOWN + 1));
    String shown = new String(text, from, length, UTF_8).strip();
    if (shown.length() <= MAX_SHOWN && length == to - from) {
      return shown;
    }
    int end = Math.min(shown.length(), MAX_SHOWN - 1);
    if (Character.isHighSurrogate(shown.charAt(end - 1))) {
      end--;
    }
    return shown.substring(0, end) + "…";
  }
}

package io.duckmesh.engine.query.duckdb;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.arrow.memory.ArrowBuf;

/**
 * Bytes of an answer that wait for their stream. A row is written as a whole and can be taken back
 * until the next one begins.
 */
final class ByteSink {
  private static final int FLUSH_BYTES = 32 << 10;
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final OutputStream out;
  private byte[] buffer = new byte[2 * FLUSH_BYTES];
  private int length;
  private int mark;
  private long flushed;

  ByteSink(OutputStream out) {
    this.out = out;
  }

  /** Bytes written so far, waiting ones included. */
  long size() {
    return flushed + length;
  }

  /** Bytes that wait; a place in them for {@link #quoteCsvFrom}. */
  int length() {
    return length;
  }

  /** Forgets the bytes that wait. */
  void clear() {
    length = 0;
    mark = 0;
  }

  /** The bytes that wait. */
  byte[] toByteArray() {
    return Arrays.copyOf(buffer, length);
  }

  /** Puts quotes around a CSV field that needs them: an empty one, or one with marks inside. */
  void quoteCsvFrom(int start) {
    boolean quoted = start == length;
    int quotes = 0;
    for (int i = start; i < length; i++) {
      byte b = buffer[i];
      if (b == '"') {
        quotes++;
      }
      quoted |= b == '"' || b == ',' || b == '\n' || b == '\r';
    }
    if (!quoted) {
      return;
    }
    byte[] field = Arrays.copyOfRange(buffer, start, length);
    length = start;
    room(field.length + quotes + 2);
    buffer[length++] = '"';
    for (byte b : field) {
      if (b == '"') {
        buffer[length++] = '"';
      }
      buffer[length++] = b;
    }
    buffer[length++] = '"';
  }

  /** Begins a row. */
  void mark() throws IOException {
    if (length >= FLUSH_BYTES) {
      flush();
    }
    mark = length;
  }

  /** Takes back what was written since the row began. */
  void reset() {
    length = mark;
  }

  void flush() throws IOException {
    out.write(buffer, 0, length);
    flushed += length;
    length = 0;
    mark = 0;
  }

  void write(char ascii) {
    room(1);
    buffer[length++] = (byte) ascii;
  }

  void write(byte[] bytes) {
    write(bytes, 0, bytes.length);
  }

  void write(byte[] bytes, int offset, int count) {
    room(count);
    System.arraycopy(bytes, offset, buffer, length, count);
    length += count;
  }

  void writeAscii(String text) {
    int count = text.length();
    room(count);
    for (int i = 0; i < count; i++) {
      buffer[length++] = (byte) text.charAt(i);
    }
  }

  void writeUtf8(String text) {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  void write(ArrowBuf source, long start, int count) {
    room(count);
    source.getBytes(start, buffer, length, count);
    length += count;
  }

  void writeLong(long value) {
    if (value == Long.MIN_VALUE) {
      writeAscii("-9223372036854775808");
      return;
    }
    room(20);
    long rest = value;
    if (rest < 0) {
      buffer[length++] = '-';
      rest = -rest;
    }
    int digits = 1;
    for (long limit = 10; digits < 19 && rest >= limit; limit *= 10) {
      digits++;
    }
    for (int i = length + digits - 1; i >= length; i--) {
      buffer[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
  }

  /** The number with zeros in front up to a width. */
  void writeDigits(long value, int width) {
    long limit = 1;
    for (int i = 1; i < width; i++) {
      limit *= 10;
    }
    for (; limit > 1 && value < limit; limit /= 10) {
      write('0');
    }
    writeLong(value);
  }

  /** A JSON string. */
  void writeJsonString(byte[] utf8) {
    write('"');
    writeJsonCharacters(length, utf8.length, utf8);
    write('"');
  }

  /** A JSON string of UTF-8 bytes that another buffer holds. */
  void writeJsonString(ArrowBuf source, long start, int count) {
    room(count + 2);
    buffer[length++] = '"';
    // Most texts need no escape and stay as they were copied.
    source.getBytes(start, buffer, length, count);
    for (int i = length; i < length + count; i++) {
      if (needsEscape(buffer[i])) {
        byte[] bytes = Arrays.copyOfRange(buffer, length, length + count);
        writeJsonCharacters(length, count, bytes);
        write('"');
        return;
      }
    }
    length += count;
    write('"');
  }

  private static boolean needsEscape(byte b) {
    return (b >= 0 && b < 0x20) || b == '"' || b == '\\';
  }

  private void writeJsonCharacters(int start, int count, byte[] bytes) {
    length = start;
    for (int i = 0; i < count; i++) {
      byte b = bytes[i];
      if (!needsEscape(b)) {
        room(1);
        buffer[length++] = b;
        continue;
      }
      write('\\');
      switch (b) {
        case '"', '\\' -> write((char) b);
        case '\n' -> write('n');
        case '\r' -> write('r');
        case '\t' -> write('t');
        default -> {
          writeAscii("u00");
          write((char) HEX[b >> 4]);
          write((char) HEX[b & 15]);
        }
      }
    }
  }

  private void room(int count) {
    if (buffer.length - length < count) {
      buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, Math.addExact(length, count)));
    }
  }
}

package io.duckmesh.worker.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/** Cuts NDJSON at line ends without looking into the lines. */
final class NdjsonChunks implements Chunks {
  private final InputStream input;
  private final int maxRows;
  private final int maxBytes;

  private byte[] buffer;
  private int filled;
  private boolean ended;
  private long nextLine = 1;
  private int nextOrdinal;

  NdjsonChunks(InputStream input, int maxRows, int maxBytes) {
    this.input = input;
    this.maxRows = maxRows;
    this.maxBytes = maxBytes;
    this.buffer = new byte[maxBytes + (1 << 16)];
  }

  @Override
  public Optional<Chunk> next() throws IOException {
    while (true) {
      fill();
      if (filled == 0) {
        return Optional.empty();
      }
      Cut cut = cut();
      if (cut.end() == 0) {
        // One line is longer than a chunk: it goes alone, and the gateway judges it.
        buffer = Arrays.copyOf(buffer, Math.multiplyExact(buffer.length, 2));
        continue;
      }
      byte[] body = Arrays.copyOf(buffer, cut.end());
      long firstLine = nextLine;
      nextLine += cut.lines();
      System.arraycopy(buffer, cut.end(), buffer, 0, filled - cut.end());
      filled -= cut.end();
      if (cut.rows() > 0) {
        return Optional.of(
            new Chunk(nextOrdinal++, firstLine, nextLine - 1, null, cut.rows(), body));
      }
    }
  }

  @Override
  public void close() throws IOException {
    input.close();
  }

  private record Cut(int end, int lines, int rows) {}

  private Cut cut() {
    int end = 0;
    int lines = 0;
    int rows = 0;
    boolean blank = true;
    for (int at = 0; at < filled; at++) {
      byte value = buffer[at];
      if (value == '\n') {
        if (end > 0 && at >= maxBytes) {
          return new Cut(end, lines, rows);
        }
        end = at + 1;
        lines++;
        if (!blank) {
          rows++;
        }
        blank = true;
        if (rows == maxRows) {
          return new Cut(end, lines, rows);
        }
      } else if (blank && value != ' ' && value != '\t' && value != '\r') {
        blank = false;
      }
    }
    if (ended && end < filled && (end == 0 || filled <= maxBytes)) {
      return new Cut(filled, lines + 1, blank ? rows : rows + 1);
    }
    return new Cut(end, lines, rows);
  }

  private void fill() throws IOException {
    while (!ended && filled < buffer.length) {
      int count = input.read(buffer, filled, buffer.length - filled);
      if (count < 0) {
        ended = true;
      } else {
        filled += count;
      }
    }
  }
}

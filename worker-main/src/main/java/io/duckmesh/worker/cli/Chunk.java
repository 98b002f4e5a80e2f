package io.duckmesh.worker.cli;

import org.jspecify.annotations.Nullable;

/** A piece of the input that goes out as one request: whole NDJSON lines. */
final class Chunk {
  private final int ordinal;
  private final long firstLine;
  private final long lastLine;
  private final long @Nullable [] lines;
  private final int rows;
  private final byte[] body;

  /**
   * @param ordinal number of the chunk in its input, from 0
   * @param lines line of the input that each row comes from; null where they follow each other
   * @param body its bytes, not copied since chunks are large
   */
  Chunk(
      int ordinal, long firstLine, long lastLine, long @Nullable [] lines, int rows, byte[] body) {
    this.ordinal = ordinal;
    this.firstLine = firstLine;
    this.lastLine = lastLine;
    this.lines = lines;
    this.rows = rows;
    this.body = body;
  }

  int ordinal() {
    return ordinal;
  }

  long firstLine() {
    return firstLine;
  }

  long lastLine() {
    return lastLine;
  }

  int rows() {
    return rows;
  }

  byte[] body() {
    return body;
  }

  /** Line of the input that the gateway's row number, from 1, stands for. */
  long line(long row) {
    if (lines == null) {
      return firstLine + row - 1;
    }
    return row >= 1 && row <= lines.length ? lines[(int) row - 1] : firstLine;
  }
}

package io.duckmesh.engine.query.duckdb;

import java.nio.charset.StandardCharsets;

/** A place in a statement, as people count: from 1, in characters. */
record StatementPosition(int line, int column) {

  /**
   * @param byteOffset how many bytes of the UTF-8 text are before the place, as DuckDB counts
   */
  static StatementPosition of(String sql, long byteOffset) {
    byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
    int length = (int) Math.clamp(byteOffset, 0, bytes.length);
    String before = new String(bytes, 0, length, StandardCharsets.UTF_8);
    return after(before);
  }

  /**
   * @param index how many of Java's characters are before the place
   */
  static StatementPosition ofCharacter(String sql, int index) {
    return after(sql.substring(0, index));
  }

  private static StatementPosition after(String before) {
    int lineStart = before.lastIndexOf('\n') + 1;
    int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
    return new StatementPosition(line, 1 + before.codePointCount(lineStart, before.length()));
  }

  @Override
  public String toString() {
    return "line %d, column %d".formatted(line, column);
  }
}

package io.duckmesh.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

/**
 * What is kept of a statement: its text up to a length, and never the values of its parameters.
 *
 * @param sql the statement or its beginning
 * @param sqlLength characters of the whole statement
 * @param parameterCount how many values came with it
 */
public record QueryText(String sql, int sqlLength, int parameterCount) {
  public QueryText {
    requireNonNull(sql, "sql is null");
    if (sqlLength < sql.length() || parameterCount < 0) {
      throw new IllegalArgumentException(
          "Not possible: %d of %d characters, %d parameters"
              .formatted(sql.length(), sqlLength, parameterCount));
    }
  }

  /** Keeps at most so many characters; half of a surrogate pair is left out. */
  public static QueryText of(String sql, int parameterCount, int maxLength) {
    int end = Math.min(sql.length(), maxLength);
    if (end > 0 && end < sql.length() && Character.isHighSurrogate(sql.charAt(end - 1))) {
      end--;
    }
    // Not every text that JSON can carry is one that PostgreSQL keeps: halves of surrogate pairs
    // and
    // zero characters are replaced.
    String kept = new String(sql.substring(0, end).getBytes(UTF_8), UTF_8);
    return new QueryText(kept.replace('\0', '\uFFFD'), sql.length(), parameterCount);
  }
}

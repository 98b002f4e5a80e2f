package io.duckmesh.catalog;

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
    // PostgreSQL keeps no such character in a text.
    return new QueryText(
        sql.substring(0, end).replace('\0', '\uFFFD'), sql.length(), parameterCount);
  }
}

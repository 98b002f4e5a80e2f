package io.duckmesh.engine.query.duckdb.process;

import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Looks at INTERVAL columns before Arrow does: it counts their microseconds in nanoseconds, and
 * DuckDB lets what is too long for that come out as another interval.
 */
final class Intervals {
  private static final String TYPE = "INTERVAL";

  /** Hours of as many microseconds as go into 64 bits of nanoseconds. */
  private static final long MAX_HOURS = Long.MAX_VALUE / 1_000 / 3_600_000_000L - 1;

  private Intervals() {}

  /**
   * The statement with a check of each INTERVAL of its answer, which fails where one is too long;
   * nothing if the answer has none.
   */
  static Optional<String> checked(String sql, ResultSetMetaData meta) throws SQLException {
    List<String> values = new ArrayList<>();
    List<String> names = new ArrayList<>();
    boolean any = false;
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      String column = "c" + i;
      boolean interval = meta.getColumnTypeName(i).equals(TYPE);
      any |= interval;
      names.add(column);
      values.add(
          (interval ? check(column) : column)
              + " AS \""
              + meta.getColumnName(i).replace("\"", "\"\"")
              + '"');
    }
    return any
        ? Optional.of(
            "SELECT %s FROM (%s\n) AS checked(%s)"
                .formatted(String.join(", ", values), withoutEnd(sql), String.join(", ", names)))
        : Optional.empty();
  }

  private static String check(String column) {
    return """
        CASE WHEN abs(datepart('hour', %1$s)) > %2$d
        THEN error('An INTERVAL is longer than %2$d hours, which no answer holds; cast it to VARCHAR')
        ELSE %1$s END"""
        .formatted(column, MAX_HOURS);
  }

  private static String withoutEnd(String sql) {
    int end = sql.length();
    while (end > 0 && (sql.charAt(end - 1) == ';' || Character.isWhitespace(sql.charAt(end - 1)))) {
      end--;
    }
    return sql.substring(0, end);
  }
}

package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.QueryRejectedException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code EXPLAIN} in front of a statement, which the parser does not give as a tree. It only
 * decides what is asked for: whatever stands behind it has to pass as one SELECT by itself.
 */
final class ExplainPrefix {
  private static final Pattern PREFIX =
      Pattern.compile(
          "(?is)(?:\\s|--[^\\n]*\\n|/\\*.*?\\*/)*+(EXPLAIN)(?![a-z0-9_$])(?:\\s|--[^\\n]*\\n|/\\*.*?\\*/)*+(ANALY[SZ]E(?![a-z0-9_$]))?.*");

  private ExplainPrefix() {}

  /**
   * The statement behind it, with blanks in its place so that places stay the same; the statement
   * itself without one.
   *
   * @throws QueryRejectedException if it is {@code EXPLAIN ANALYZE}
   */
  static String remove(String sql) {
    Matcher matcher = PREFIX.matcher(sql);
    if (!matcher.matches()) {
      return sql;
    }
    if (matcher.group(2) != null) {
      throw new QueryRejectedException(
          "EXPLAIN ANALYZE is not allowed: it shows the files of this machine (%s)"
              .formatted(StatementPosition.ofCharacter(sql, matcher.start(2))));
    }
    int start = matcher.start(1);
    return sql.substring(0, start) + " ".repeat(7) + sql.substring(start + 7);
  }
}

package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.ParameterValue;
import io.duckmesh.engine.schema.TypeParser;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Statements at random over the tables of {@link RandomTables}. */
final class RandomStatements {
  private static final String[] COLUMNS = {
    "b", "s", "i", "l", "r", "d", "n", "m", "v", "dt", "tm", "ts", "tz", "u", "j"
  };
  private static final String[] COLUMNS_OF_O = {"o_i", "o_v", "o_ts"};
  private static final String[] OPERATORS = {"=", "<", "<=", ">", ">=", "<>"};

  private static final String[] BOOLEANS = {"true", "false", "'true'"};
  private static final String[] NUMBERS = {
    "-3",
    "-1",
    "0",
    "1",
    "2",
    "3",
    "5",
    "1.01",
    "1.005",
    "0.1",
    "-1.5",
    "2.5",
    "1e0",
    "0.1e0",
    "9007199254740992",
    "9007199254740993",
    "9007199254740992e0",
    "1e24",
    "'1'",
    "'1.005'",
    "'3'",
    "'2.5'",
    "9223372036854775807",
    "CAST(1 AS SMALLINT)",
    "CAST('1.01' AS DECIMAL(9,2))",
    "'nan'::DOUBLE",
    "'infinity'::DOUBLE",
    "32768",
    "3000000000"
  };
  private static final String[] TEXTS = {
    "''",
    "'1'",
    "'A'",
    "'a'",
    "'ab'",
    "'é'",
    "'\uFFFD'",
    "'\uD83D\uDE00'",
    "'zz'",
    "3",
    "'" + "z".repeat(66) + "'",
    "CAST('a' AS VARCHAR)",
    "'a' COLLATE NOCASE",
    "'" + "z".repeat(64) + "'"
  };
  private static final String[] TIMES_AND_DAYS = {
    "DATE '1970-01-01'",
    "'1970-01-01'",
    "DATE '2020-02-29'",
    "'2020-02-29'",
    "TIMESTAMP '2020-02-29 00:00:01.000001'",
    "'2020-02-29T00:00:01.000001'",
    "TIMESTAMP '1970-01-01'",
    "TIMESTAMPTZ '2020-03-01 00:00:00Z'",
    "'2020-03-01 00:00:00+00'",
    "TIMESTAMPTZ '2020-02-29 02:00:00+02'",
    "'2020-02-29 12:00'",
    "CAST('2020-03-01' AS DATE)",
    "'12:00:00'",
    "TIME '12:00:01.5'",
    "'00:00:00'",
    "DATE '-0220-01-01'",
    "'infinity'",
    "DATE '1969-12-31'",
    "date '2020-03-31' - interval '1' month",
    "DATE '1969-12-31' + INTERVAL 1 DAY",
    "DATE '2019-02-28' + INTERVAL 1 YEAR",
    "TIMESTAMP '2020-02-29 10:00:00'"
  };
  private static final String[] UUIDS = {
    "'00000000-0000-0000-0000-000000000001'", "'80000000-0000-0000-0000-00000000000B'",
    "UUID '7fffffff-0000-0000-0000-00000000000a'", "'ffffffffffffffffffffffffffffffff'"
  };
  private static final Object[] PARAMETERS = {
    1L,
    3L,
    -1L,
    9_007_199_254_740_993L,
    new BigDecimal("1.01"),
    new BigDecimal("1.005"),
    new BigDecimal("2.5"),
    true,
    "a",
    "é",
    "1",
    "3",
    "2020-02-29",
    "2020-02-29 00:00:01.000001",
    "12:00:00",
    "00000000-0000-0000-0000-000000000001",
    typed("DATE", "2020-02-29"),
    typed("TIMESTAMP", "2020-02-29 00:00:01.000001"),
    typed("DECIMAL(5,3)", "1.005"),
    typed("DOUBLE", "0.1"),
    typed("BIGINT", "3"),
    typed("VARCHAR", "a")
  };

  private static ParameterValue typed(String type, String text) {
    return new ParameterValue.Typed(TypeParser.parse(type), text);
  }

  private final Random random;
  private final List<Object> parameters = new ArrayList<>();

  /** A statement and the values of its parameters. */
  record Statement(String sql, List<Object> parameters) {}

  RandomStatements(Random random) {
    this.random = random;
  }

  Statement next() {
    parameters.clear();
    String sql = statement();
    return new Statement(sql, List.copyOf(parameters));
  }

  private String statement() {
    return switch (random.nextInt(14)) {
      case 0, 1, 2 -> "SELECT * FROM t WHERE %s ORDER BY ALL".formatted(onT("", 3));
      case 3 -> "SELECT a.id, a.v FROM t AS a WHERE %s ORDER BY ALL".formatted(onT("a.", 2));
      case 4, 5, 6 -> join();
      case 7 ->
          "WITH c AS (SELECT * FROM t WHERE %s) SELECT id, i FROM c WHERE %s ORDER BY ALL"
              .formatted(onT("", 1), onT("c.", 1));
      case 8 ->
          "SELECT id FROM (SELECT id, i FROM t WHERE %s) x WHERE x.i >= 0 ORDER BY ALL"
              .formatted(onT("t.", 2));
      case 9 ->
          "SELECT o_id FROM o WHERE EXISTS (SELECT 1 FROM t WHERE t.i = o.o_i AND %s) OR %s ORDER BY ALL"
              .formatted(onT("", 1), onO("", 1));
      case 10 ->
          "SELECT id FROM t WHERE %s UNION ALL SELECT id FROM T WHERE %s ORDER BY ALL"
              .formatted(onT("", 1), onT("", 1));
      case 11 ->
          "SELECT x.id, y.id FROM t x JOIN t y ON x.id = y.id AND %s WHERE %s ORDER BY ALL"
              .formatted(onT("x.", 1), onT("y.", 1));
      case 12 ->
          "SELECT count(*), (SELECT count(*) FROM t WHERE %s) FROM t WHERE i IN (SELECT o_i FROM o WHERE %s)"
              .formatted(onT("", 1), onO("", 1));
      default ->
          "SELECT i, count(*), max(v) FROM t WHERE %s GROUP BY i HAVING count(*) > 0 ORDER BY ALL"
              .formatted(onT("", 2));
    };
  }

  private String join() {
    String kind =
        pick("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN", "CROSS");
    String columns = kind.equals("SEMI JOIN") || kind.equals("ANTI JOIN") ? "t.id" : "t.id, o.o_id";
    String where = random.nextBoolean() ? onT(pick("", "t."), 2) : onO(pick("", "o."), 2);
    if (columns.equals("t.id")) {
      where = onT("t.", 2);
    }
    if (kind.equals("CROSS")) {
      return "SELECT %s FROM t, o WHERE t.i = o.o_i AND %s ORDER BY ALL".formatted(columns, where);
    }
    String more =
        switch (random.nextInt(3)) {
          case 0 -> " AND " + onT("t.", 1);
          case 1 -> " AND " + onO("o.", 1);
          default -> "";
        };
    String nested =
        random.nextInt(3) == 0
            ? " %s o AS z ON z.o_i = t.s AND %s"
                .formatted(pick("JOIN", "LEFT JOIN", "FULL JOIN"), onO("z.", 1))
            : "";
    return "SELECT %s FROM t %s o ON t.i = o.o_i%s%s WHERE %s ORDER BY ALL"
        .formatted(columns, kind, more, nested, where);
  }

  private String onT(String prefix, int depth) {
    return condition(prefix, COLUMNS, depth);
  }

  private String onO(String prefix, int depth) {
    return condition(prefix, COLUMNS_OF_O, depth);
  }

  private String condition(String prefix, String[] columns, int depth) {
    if (depth > 0 && random.nextInt(3) > 0) {
      String left = condition(prefix, columns, depth - 1);
      String right = condition(prefix, columns, depth - 1);
      return switch (random.nextInt(5)) {
        case 0, 1 -> "(%s AND %s)".formatted(left, right);
        case 2, 3 -> "(%s OR %s)".formatted(left, right);
        default -> "(NOT %s)".formatted(left);
      };
    }
    String name = columns[random.nextInt(columns.length)];
    String column = prefix + name;
    return switch (random.nextInt(12)) {
      case 0, 1, 2, 3 -> "%s %s %s".formatted(column, pick(OPERATORS), value(name));
      case 4 -> "%s %s %s".formatted(value(name), pick(OPERATORS), column);
      case 5 ->
          "%s %s %s AND %s"
              .formatted(column, pick("BETWEEN", "NOT BETWEEN"), value(name), value(name));
      case 6 -> "%s %s (%s, %s)".formatted(column, pick("IN", "NOT IN"), value(name), value(name));
      case 7 -> column + " IS NULL";
      case 8 -> column + " IS NOT NULL";
      case 9 -> name.equals("b") ? column : column + " IS NOT DISTINCT FROM " + value(name);
      case 10 -> "%s %s %s".formatted(column, pick(OPERATORS), column(prefix, name));
      default -> "CAST(%s AS VARCHAR) %s %s".formatted(column, pick(OPERATORS), pick(TEXTS));
    };
  }

  private static String column(String prefix, String name) {
    return prefix
        + switch (name) {
          case "i" -> "s";
          case "l" -> "m";
          case "d" -> "r";
          case "ts" -> "dt";
          default -> name;
        };
  }

  private String value(String column) {
    if (random.nextInt(5) == 0) {
      parameters.add(PARAMETERS[random.nextInt(PARAMETERS.length)]);
      return switch (random.nextInt(4)) {
        case 0 -> "CAST(? AS VARCHAR)";
        case 1 ->
            "CAST(CAST(? AS VARCHAR) AS %s)"
                .formatted(pick("INTEGER", "BIGINT", "DECIMAL(9,2)", "DATE", "TIMESTAMP", "UUID"));
        default -> "?";
      };
    }
    if (random.nextInt(30) == 0) {
      return "NULL";
    }
    return switch (column) {
      case "b" -> pick(BOOLEANS);
      case "v", "o_v", "j" -> pick(TEXTS);
      case "dt", "tm", "ts", "tz", "o_ts" -> pick(TIMES_AND_DAYS);
      case "u" -> pick(UUIDS);
      default -> pick(NUMBERS);
    };
  }

  private String pick(String... choices) {
    return choices[random.nextInt(choices.length)];
  }
}

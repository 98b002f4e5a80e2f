package io.duckmesh.engine.query.duckdb;

import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Reads {@code hostile-statements.txt}, which says what its lines mean. */
final class HostileStatements {
  private static final Pattern CHARACTER = Pattern.compile("\\\\u([0-9A-Fa-f]{4})");
  private static final Pattern MADE = Pattern.compile("\\{([a-z-]+):(\\d+)}");

  private final List<Hostile> all = new ArrayList<>();

  /**
   * @param expected how it must end
   */
  record Hostile(String family, String expected, String sql) {
    /** For messages. */
    String shortened() {
      return sql.length() < 200 ? sql : sql.substring(0, 200) + "…";
    }
  }

  private HostileStatements() {}

  static HostileStatements load(Path own, Path rival, Path cache, Path folder) {
    HostileStatements statements = new HostileStatements();
    String family = "";
    for (String line : lines()) {
      if (line.startsWith("## ")) {
        family = line.substring(3);
      } else if (!line.isBlank() && !line.startsWith("#")) {
        String[] parts = line.split(" +", 2);
        String sql =
            parts[1]
                .replace("{own}", own.toString())
                .replace("{rival}", rival.toString())
                .replace("{cache}", cache.toString())
                .replace("{folder}", folder.toString())
                .replace("\\n", "\n");
        sql = CHARACTER.matcher(sql).replaceAll(HostileStatements::character);
        sql = MADE.matcher(sql).replaceAll(found -> Matcher.quoteReplacement(made(found)));
        statements.all.add(new Hostile(family, parts[0], sql));
      }
    }
    return statements;
  }

  List<Hostile> all() {
    return all;
  }

  private static List<String> lines() {
    try (InputStream stream =
            HostileStatements.class.getResourceAsStream("hostile-statements.txt");
        BufferedReader reader =
            new BufferedReader(
                new InputStreamReader(requireNonNull(stream), StandardCharsets.UTF_8))) {
      return reader.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read hostile-statements.txt", e);
    }
  }

  private static String character(MatchResult found) {
    return Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(found.group(1), 16)));
  }

  /** Statements that are too long to be written down. */
  private static String made(MatchResult found) {
    int n = Integer.parseInt(found.group(2));
    return switch (found.group(1)) {
      case "doubling" -> doubled("'xxxxxxxx'", n);
      case "nested-doubling" -> {
        String query = "SELECT repeat('x', 1000) AS s";
        for (int i = 0; i < n; i++) {
          query = "SELECT s || s AS s FROM (" + query + ")";
        }
        yield "SELECT length(s) FROM (" + query + ")";
      }
      case "deep-parentheses" -> "SELECT " + "(".repeat(n) + "1" + ")".repeat(n);
      case "deep-functions" -> "SELECT " + "abs(".repeat(n) + "1" + ")".repeat(n);
      case "deep-subqueries" ->
          "SELECT * FROM " + "(SELECT * FROM ".repeat(n) + "events" + ")".repeat(n);
      case "deep-lists" -> "SELECT " + "[".repeat(n) + "1" + "]".repeat(n);
      case "deep-case" -> "SELECT " + "CASE WHEN true THEN ".repeat(n) + "1" + " END".repeat(n);
      case "many-unions" -> joined(n, " UNION ALL ", i -> "SELECT " + i);
      case "many-joins" -> "SELECT count(*) FROM " + joined(n, ", ", i -> "range(10) t" + i);
      case "many-columns" -> "SELECT " + joined(n, ", ", i -> "id + " + i) + " FROM events";
      case "many-ctes" ->
          "WITH "
              + joined(n, ", ", i -> "c" + i + " AS (SELECT " + i + " AS x)")
              + " SELECT * FROM c0";
      case "exponential-ctes" ->
          "WITH c0 AS (SELECT 1 AS x), "
              + joined(n, ", ", i -> "c%d AS (SELECT a.x FROM c%d a, c%d b)".formatted(i + 1, i, i))
              + " SELECT count(*) FROM c"
              + n;
      case "exponential-strings" ->
          "WITH c0 AS (SELECT repeat('x', 1000) AS x), "
              + joined(
                  n,
                  ", ",
                  i -> "c%d AS MATERIALIZED (SELECT x || x AS x FROM c%d)".formatted(i + 1, i))
              + " SELECT length(x) FROM c"
              + n;
      case "long-in-list" ->
          "SELECT * FROM events WHERE id IN (" + joined(n, ", ", Integer::toString) + ")";
      case "long-string" -> "SELECT '" + "x".repeat(n) + "'";
      case "long-statement" -> "SELECT 1 -- " + "x".repeat(n);
      case "many-ands" -> "SELECT * FROM events WHERE " + joined(n, " AND ", i -> "id > -" + i);
      case "many-windows" ->
          "SELECT "
              + joined(n, ", ", i -> "sum(id) OVER (ORDER BY id + " + i + ")")
              + " FROM events";
      case "grouping-sets" ->
          "SELECT count(*) FROM events GROUP BY GROUPING SETS ("
              + joined(n, ", ", i -> "(id, name)")
              + ")";
      case "grouping-cube" ->
          "SELECT count(*) FROM range(100) t(r) GROUP BY CUBE ("
              + joined(n, ", ", i -> "r + " + i)
              + ")";
      case "lateral-sums" -> lateral(n, "1", i -> "a%d + a%d".formatted(i, i));
      case "lateral-texts" -> lateral(n, "'x'", i -> "a%d || a%d".formatted(i, i));
      case "lateral-subqueries" -> lateral(n, "1", i -> "(SELECT a%d + a%d)".formatted(i, i));
      case "lateral-methods" -> lateral(n, "1", i -> "a%d.add(a%d)".formatted(i, i));
      case "lateral-filters" ->
          lateral(n, "id", i -> "a%d + a%d".formatted(i, i))
              + " FROM events WHERE a%d + a%d > 0".formatted(n, n);
      case "nested-macros" ->
          "SELECT " + "fmod(".repeat(n) + "id" + ", 3)".repeat(n) + " FROM events";
      case "nested-sums" -> {
        String query = "SELECT id AS x FROM events";
        for (int i = 0; i < n; i++) {
          query = "SELECT x + x AS x FROM (" + query + ") WHERE x > 0";
        }
        yield query;
      }
      case "case-copies" -> {
        // The parser writes what is compared once for each WHEN.
        String value = "id";
        for (int i = 0; i < n; i++) {
          value = "CASE " + value + " WHEN 1 THEN 2".repeat(10) + " END";
        }
        yield "SELECT " + value + " FROM events";
      }
      case "nested-lists" ->
          "WITH c0 AS (SELECT [1] AS x), "
              + joined(n, ", ", i -> "c%d AS (SELECT [x] AS x FROM c%d)".formatted(i + 1, i))
              + " SELECT length(to_json(x)) FROM c"
              + n;
      case "nested-lambdas" ->
          "SELECT " + "list_transform(".repeat(n) + "['x']" + ", lambda x: x || x)".repeat(n);
      case "nested-replaces" ->
          "SELECT "
              + "replace(".repeat(n)
              + "name"
              + ", 'a', 'aaaaaaaaaaaaaaaa')".repeat(n)
              + " FROM events";
      case "nested-formats" ->
          "SELECT " + "format('{0}{0}{0}{0}{0}{0}{0}{0}', ".repeat(n) + "'x'" + ")".repeat(n);
      case "nested-regexps" ->
          "SELECT "
              + "regexp_replace(".repeat(n)
              + "'x'"
              + ", '.', '\\0\\0\\0\\0\\0\\0\\0\\0', 'g')".repeat(n);
      case "nested-hex" -> "SELECT " + "hex(".repeat(n) + "'x'" + ")".repeat(n);
      default -> throw new IllegalArgumentException("Nothing makes " + found.group());
    };
  }

  /** Each name of the list stands for what two of the one before it do. */
  private static String lateral(int count, String first, IntFunction<String> next) {
    return "SELECT "
        + first
        + " AS a0, "
        + joined(count, ", ", i -> next.apply(i) + " AS a" + (i + 1));
  }

  private static String doubled(String text, int times) {
    return joined(1 << Math.min(times, 12), ", ", i -> text);
  }

  private static String joined(int count, String separator, IntFunction<String> part) {
    return IntStream.range(0, count).mapToObj(part).collect(Collectors.joining(separator));
  }
}

package io.duckmesh.engine.query.duckdb;

import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Tells from its syntax tree whether a statement asks for a clock or for chance. In doubt it does.
 */
final class Repeatability {
  /** What DuckDB itself does not call consistent, and the macros over it. */
  static final Set<String> VOLATILE =
      Set.of(
          "current_date",
          "current_localtime",
          "current_localtimestamp",
          "current_time",
          "current_timestamp",
          "gen_random_uuid",
          "get_current_time",
          "get_current_timestamp",
          "localtime",
          "localtimestamp",
          "now",
          "random",
          "setseed",
          "today",
          "transaction_timestamp",
          "uuid",
          "uuidv4",
          "uuidv7");

  private Repeatability() {}

  static boolean of(JsonNode node) {
    JsonNode sample = node.path("sample");
    if (sample.isObject() || isVolatileCall(node) || isVolatileWord(node)) {
      return false;
    }
    for (JsonNode child : node) {
      if (child.isContainer() && !of(child)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isVolatileCall(JsonNode node) {
    String function = DuckDbSql.foldCase(node.path("function_name").asString(""));
    // With one argument, age counts from today.
    return VOLATILE.contains(function)
        || (function.equals("age") && node.path("arguments").size() == 1);
  }

  /** Words such as CURRENT_DATE come as columns where they have no parentheses. */
  private static boolean isVolatileWord(JsonNode node) {
    JsonNode names = node.path("column_names");
    return names.size() == 1 && VOLATILE.contains(DuckDbSql.foldCase(names.path(0).asString("")));
  }
}

package io.duckmesh.engine.query.duckdb;

import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Tells from its syntax tree whether a statement asks for a clock or for chance, and whether what
 * it gives depends on which thread comes first. In doubt it does.
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

  /**
   * Whether it only reads, filters and sorts, which DuckDB does in the order of the files whatever
   * its threads do. Calls of functions count as aggregates, which the tree does not tell apart.
   */
  static boolean isOrdered(JsonNode node) {
    if (isUnordered(node)) {
      return false;
    }
    boolean relation = node.path("type").asString("").equals("TABLE_FUNCTION");
    for (JsonNode child : relation ? node.path("function").path("arguments") : node) {
      if (child.isContainer() && !isOrdered(child)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isUnordered(JsonNode node) {
    boolean call = node.has("function_name") && !node.path("is_operator").asBoolean(false);
    return switch (node.path("type").asString("")) {
      case "JOIN", "PIVOT", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "DISTINCT_MODIFIER" -> true;
      case "SHOW_REF" -> node.path("show_type").asString("").equals("SUMMARY");
      default ->
          (call && !node.path("class").asString("").isEmpty())
              || node.path("class").asString("").equals("WINDOW")
              || node.path("class").asString("").equals("SUBQUERY")
              || !node.path("group_expressions").isEmpty();
    };
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

package io.duckmesh.engine.query.duckdb;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The plan of a statement as text, one operator a line under the one that takes its rows. Of what
 * DuckDB says about an operator only what is known here is shown: the rest may name files.
 */
final class QueryPlans {
  private static final JsonMapper JSON = new JsonMapper();

  private static final List<String> SHOWN =
      List.of(
          "Join Type",
          "Conditions",
          "Condition",
          "Expressions",
          "Expression",
          "Groups",
          "Aggregates",
          "Projections",
          "Filters",
          "Order By",
          "Top",
          "Limit",
          "Offset",
          "Percentage",
          "CTE Name",
          "Set Operation");

  private static final String ROWS = "Estimated Cardinality";

  private QueryPlans() {}

  /**
   * @param plan what {@code EXPLAIN (FORMAT json)} answers
   */
  static String text(String plan) {
    StringBuilder text = new StringBuilder();
    for (JsonNode operator : JSON.readTree(plan)) {
      append(text, operator, 0);
    }
    return text.toString().stripTrailing();
  }

  private static void append(StringBuilder text, JsonNode operator, int depth) {
    String indent = "  ".repeat(depth);
    JsonNode about = operator.path("extra_info");
    text.append(indent).append(operator.path("name").asString("").strip());
    String rows = about.path(ROWS).asString("");
    if (!rows.isEmpty()) {
      text.append(" (about ").append(rows).append(rows.equals("1") ? " row)" : " rows)");
    }
    text.append('\n');
    for (Map.Entry<String, JsonNode> entry : about.properties()) {
      String value = value(entry.getValue());
      if (SHOWN.contains(entry.getKey()) && !value.isEmpty()) {
        text.append(indent)
            .append("    ")
            .append(entry.getKey().toLowerCase(Locale.ROOT))
            .append(": ")
            .append(value)
            .append('\n');
      }
    }
    for (JsonNode child : operator.path("children")) {
      append(text, child, depth + 1);
    }
  }

  private static String value(JsonNode value) {
    if (!value.isArray()) {
      return value.asString("").strip().replace("\n", ", ");
    }
    StringBuilder all = new StringBuilder();
    for (JsonNode element : value) {
      all.append(all.isEmpty() ? "" : ", ").append(element.asString(""));
    }
    return all.toString();
  }
}

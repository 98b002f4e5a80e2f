package io.duckmesh.engine.query.duckdb;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * How much longer a statement becomes before it is planned. DuckDB puts the expression in the place
 * of a name that the same SELECT list gives it, and arguments in each place where a macro has them,
 * so a few names double again and again; it plans such a statement for ever, and hears no interrupt
 * meanwhile.
 */
final class Expansion {
  /** Columns and literals that a statement may have beyond those that are written. */
  static final int MAX_ADDED = 10_000;

  /** Macros of DuckDB's own that have an argument in two places. */
  private static final Set<String> DOUBLING =
      Set.of(
          "array_pop_back",
          "array_to_string",
          "array_to_string_comma_default",
          "fmod",
          "json_group_array",
          "json_group_object",
          "map_contains_entry",
          "nullif",
          "split_part",
          "wavg",
          "weighted_avg");

  private double written;

  private Expansion() {}

  /** Columns and literals that the statement gets beyond those that are written. */
  static double added(JsonNode statement) {
    Expansion expansion = new Expansion();
    return expansion.size(statement, Map.of()) - expansion.written;
  }

  private double size(JsonNode node, Map<String, Double> names) {
    if (!node.has("class")) {
      return node.path("type").asString("").equals("SELECT_NODE")
          ? select(node, names)
          : children(node, names);
    }
    return switch (node.path("class").asString("")) {
      case "COLUMN_REF" -> leaf(names.get(firstName(node.path("column_names"))));
      case "CONSTANT", "PARAMETER" -> leaf(null);
      case "FUNCTION", "WINDOW" -> call(node, names);
      default -> children(node, names);
    };
  }

  private double leaf(@Nullable Double size) {
    written++;
    return size == null ? 1 : size;
  }

  private double call(JsonNode call, Map<String, Double> names) {
    double size = children(call, names);
    JsonNode path = call.path("qualified_name").path("path");
    if (path.size() > 1) {
      size += leaf(names.get(firstName(path)));
    }
    String function = DuckDbSql.foldCase(call.path("function_name").asString(""));
    return DOUBLING.contains(function) ? 2 * size : size;
  }

  /** A name is known in the items behind it, in subqueries there, and in all clauses but FROM. */
  private double select(JsonNode query, Map<String, Double> outer) {
    Map<String, Double> names = new HashMap<>(outer);
    double size = 0;
    for (JsonNode item : query.path("select_list")) {
      double itemSize = size(item, names);
      String alias = item.path("alias").asString("");
      if (!alias.isEmpty()) {
        names.merge(DuckDbSql.foldCase(alias), itemSize, Math::max);
      }
      size += itemSize;
    }
    for (Map.Entry<String, JsonNode> part : query.properties()) {
      size +=
          switch (part.getKey()) {
            case "select_list" -> 0;
            case "from_table", "cte_map" -> size(part.getValue(), outer);
            default -> size(part.getValue(), names);
          };
    }
    return size;
  }

  private double children(JsonNode node, Map<String, Double> names) {
    double size = 0;
    for (JsonNode child : node) {
      size += size(child, names);
    }
    return size;
  }

  private static String firstName(JsonNode names) {
    return DuckDbSql.foldCase(names.path(0).asString(""));
  }
}

package io.duckmesh.engine.query.duckdb;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What calls in a syntax tree are given. Of {@code s.repeat(3)} the tree says that {@code s} is a
 * schema; DuckDB finds none of that name and takes it for a column, which is the first argument.
 */
final class FunctionCalls {
  /** Schemas, or databases, in which DuckDB finds its functions. */
  private static final Set<String> SCHEMAS = Set.of("main", "system");

  /** Names of schemas, or databases, in which it finds some. */
  private static final Set<String> OTHER_SCHEMAS =
      Set.of("memory", "temp", "pg_catalog", "information_schema");

  private FunctionCalls() {}

  /** The arguments of the call, the column before its name being the first. */
  static List<JsonNode> arguments(JsonNode call) {
    return arguments(call, !SCHEMAS.contains(qualifier(call)));
  }

  /** Each way in which DuckDB may read the call; one, unless a schema's name is before it. */
  static List<List<JsonNode>> readings(JsonNode call) {
    return OTHER_SCHEMAS.contains(qualifier(call))
        ? List.of(arguments(call, false), arguments(call, true))
        : List.of(arguments(call));
  }

  private static List<JsonNode> arguments(JsonNode call, boolean ofColumn) {
    List<JsonNode> arguments = new ArrayList<>();
    JsonNode path = call.path("qualified_name").path("path");
    if (ofColumn && path.size() > 1) {
      ObjectNode column = JsonNodeFactory.instance.objectNode().put("class", "COLUMN_REF");
      ArrayNode names = column.putArray("column_names");
      for (int i = 0; i < path.size() - 1; i++) {
        names.add(path.get(i).asString(""));
      }
      arguments.add(column);
    }
    for (JsonNode argument : call.path("arguments")) {
      arguments.add(argument.path("expression"));
    }
    return arguments;
  }

  private static String qualifier(JsonNode call) {
    JsonNode path = call.path("qualified_name").path("path");
    return path.size() > 1 ? DuckDbSql.foldCase(path.path(0).asString("")) : "";
  }
}

package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.query.duckdb.FunctionRules.Kind;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Walks the syntax tree that {@code json_serialize_sql} gives and lets pass only what it knows:
 * kinds of nodes, functions and names of relations. A node is an expression if it has a {@code
 * class}, otherwise a query, a relation or a modifier if its {@code type} is a word; anything else
 * only holds further nodes.
 */
final class StatementTree {
  private static final Set<String> EXPRESSIONS =
      Set.of(
          "BETWEEN",
          "CASE",
          "CAST",
          "COLLATE",
          "COLUMN_REF",
          "COMPARISON",
          "CONJUNCTION",
          "CONSTANT",
          "FUNCTION",
          "LAMBDA",
          "OPERATOR",
          "PARAMETER",
          "POSITIONAL_REFERENCE",
          "STAR",
          "SUBQUERY",
          "TYPE",
          "WINDOW");

  private static final Set<String> QUERIES =
      Set.of("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE");

  private static final Set<String> RELATIONS =
      Set.of(
          "BASE_TABLE", "EMPTY", "EXPRESSION_LIST", "JOIN", "PIVOT", "SUBQUERY", "TABLE_FUNCTION");

  private static final Set<String> MODIFIERS =
      Set.of(
          "ORDER_MODIFIER",
          "LIMIT_MODIFIER",
          "DISTINCT_MODIFIER",
          "ORDER_DEFAULT",
          "ASCENDING",
          "DESCENDING");

  private final String sql;
  private final FunctionRules rules;
  private final SizeLimits sizes = new SizeLimits();
  private final Set<TableReference> tables = new LinkedHashSet<>();
  private final List<BoundNode> pinned = new ArrayList<>();

  /** A reference with a version or timestamp of its own, and its node in the tree. */
  private record BoundNode(TableReference reference, ObjectNode node) {}

  /** Names that a WITH clause gives, folded, from the inside out. */
  private record Scope(@Nullable Scope outer, Set<String> names) {
    static final Scope EMPTY = new Scope(null, Set.of());

    boolean has(String name) {
      for (Scope scope = this; scope != null; scope = scope.outer) {
        if (scope.names.contains(name)) {
          return true;
        }
      }
      return false;
    }
  }

  private StatementTree(String sql, FunctionRules rules) {
    this.sql = sql;
    this.rules = rules;
  }

  /**
   * Checks the tree of one statement.
   *
   * @throws QueryRejectedException if it holds something that is not allowed
   */
  static StatementTree check(String sql, JsonNode statement, FunctionRules rules) {
    StatementTree tree = new StatementTree(sql, rules);
    tree.visit(statement, Scope.EMPTY);
    return tree;
  }

  /** Tables that the statement names. */
  Set<TableReference> tables() {
    return tables;
  }

  /** Whether some table is named at a version or timestamp of its own. */
  boolean pinsTables() {
    return !pinned.isEmpty();
  }

  /** Lets each pinned reference name its own view instead; the tree itself is changed. */
  void nameViewsOfPinnedTables() {
    for (BoundNode bound : pinned) {
      String view = DuckDbSql.viewName(bound.reference());
      ObjectNode node = bound.node();
      if (node.path("alias").asString("").isEmpty()) {
        node.put("alias", bound.reference().name());
      }
      node.put("table_name", view);
      node.putObject("qualified_name").putArray("path").add(view);
      node.putNull("at_clause");
    }
  }

  private void visit(JsonNode node, Scope scope) {
    if (node.isArray()) {
      for (JsonNode element : node) {
        visit(element, scope);
      }
    } else if (node instanceof ObjectNode object) {
      visitObject(object, scope);
    }
  }

  private void visitObject(ObjectNode node, Scope scope) {
    JsonNode expression = node.path("class");
    JsonNode type = node.path("type");
    if (expression.isString()) {
      visitExpression(node, expression.stringValue(), scope);
    } else if (type.isString()) {
      String name = type.stringValue();
      if (QUERIES.contains(name)) {
        visitQuery(node, scope);
      } else if (RELATIONS.contains(name)) {
        visitRelation(node, name, scope);
      } else if (MODIFIERS.contains(name)) {
        visitChildren(node, scope);
      } else {
        throw notAllowed(name, node);
      }
    } else {
      visitChildren(node, scope);
    }
  }

  private void visitChildren(ObjectNode node, Scope scope) {
    for (JsonNode child : node) {
      visit(child, scope);
    }
  }

  private void visitExpression(ObjectNode node, String name, Scope scope) {
    if (!EXPRESSIONS.contains(name)) {
      throw rejected("%s is not allowed here".formatted(name), node);
    }
    if (node.has("function_name")) {
      checkFunction(Kind.SCALAR, node, node);
      String function = DuckDbSql.foldCase(node.path("function_name").asString());
      sizes
          .refusal(function, node)
          .ifPresent(
              message -> {
                throw rejected(message, node);
              });
    }
    visitChildren(node, scope);
  }

  /** Each name of a WITH clause is known in those that follow it and in the query itself. */
  private void visitQuery(ObjectNode node, Scope scope) {
    Scope inner = scope;
    for (JsonNode entry : node.path("cte_map").path("map")) {
      String name = entry.path("key").asString();
      if (name.indexOf('/') >= 0 || name.indexOf('\\') >= 0) {
        // DuckDB takes an unknown name in FROM for a file; one that can be a path stays out.
        throw rejected("Name in WITH holds a slash: " + name, node);
      }
      visit(entry.path("value"), inner);
      inner = new Scope(inner, Set.of(DuckDbSql.foldCase(name)));
    }
    boolean recursive = node.path("type").asString().equals("RECURSIVE_CTE_NODE");
    for (Map.Entry<String, JsonNode> child : node.properties()) {
      switch (child.getKey()) {
        case "cte_map" -> {
          // Visited above.
        }
        case "right" ->
            visit(
                child.getValue(),
                recursive
                    ? new Scope(inner, Set.of(DuckDbSql.foldCase(node.path("cte_name").asString())))
                    : inner);
        default -> visit(child.getValue(), inner);
      }
    }
  }

  private void visitRelation(ObjectNode node, String type, Scope scope) {
    switch (type) {
      case "BASE_TABLE" -> {
        visitTable(node, scope);
        visit(node.path("sample"), scope);
      }
      case "TABLE_FUNCTION" -> {
        for (Map.Entry<String, JsonNode> child : node.properties()) {
          if (child.getKey().equals("function") && child.getValue() instanceof ObjectNode call) {
            checkFunction(Kind.TABLE, call, node);
            visitChildren(call, scope);
          } else {
            visit(child.getValue(), scope);
          }
        }
      }
      default -> visitChildren(node, scope);
    }
  }

  private void checkFunction(Kind kind, ObjectNode call, ObjectNode place) {
    String name = call.path("function_name").asString();
    if (!rules.allows(kind, name)) {
      throw rejected(
          rules
              .reasonAgainst(kind, name)
              .map(reason -> "Function %s is not allowed: it %s".formatted(name, reason))
              .orElse("Function %s is unknown or not allowed".formatted(name)),
          place);
    }
  }

  private void visitTable(ObjectNode node, Scope scope) {
    String name = node.path("table_name").asString("");
    String schema = node.path("schema_name").asString("");
    String catalog = node.path("catalog_name").asString("");
    if (!schema.isEmpty()
        || !catalog.isEmpty()
        || node.path("qualified_name").path("path").size() != 1) {
      String qualified =
          catalog.isEmpty() ? schema + "." + name : catalog + "." + schema + "." + name;
      throw rejected(
          "Relation %s is not allowed: tables are named without a schema".formatted(qualified),
          node);
    }
    JsonNode at = node.path("at_clause");
    if (at.isObject()) {
      TableReference reference = pinnedReference(name, at, node);
      tables.add(reference);
      pinned.add(new BoundNode(reference, node));
    } else if (!scope.has(DuckDbSql.foldCase(name))) {
      tables.add(new TableReference(name, null, null));
    }
  }

  private TableReference pinnedReference(String name, JsonNode at, ObjectNode node) {
    String unit = at.path("unit").asString("");
    JsonNode value = at.path("expr");
    if (unit.equalsIgnoreCase("VERSION")) {
      JsonNode literal = value.path("literal");
      if (literal.path("kind").asString("").equals("INTEGER")) {
        try {
          return new TableReference(name, Long.parseLong(literal.path("text").asString()), null);
        } catch (NumberFormatException e) {
          throw rejected("AT (VERSION => ...) is not a version", node);
        }
      }
      throw rejected("AT (VERSION => ...) takes a whole number", node);
    }
    if (unit.equalsIgnoreCase("TIMESTAMP")) {
      if (value.path("class").asString("").equals("CAST")) {
        value = value.path("child");
      }
      JsonNode literal = value.path("literal");
      if (literal.path("kind").asString("").equals("STRING")) {
        return new TableReference(name, null, literal.path("text").asString());
      }
      throw rejected("AT (TIMESTAMP => ...) takes a text", node);
    }
    throw rejected("AT takes VERSION or TIMESTAMP, not " + unit, node);
  }

  private QueryRejectedException notAllowed(String type, ObjectNode node) {
    return switch (type) {
      case "SHOW_REF" -> rejected("DESCRIBE, SHOW and SUMMARIZE are not allowed", node);
      case "INSERT_QUERY_NODE", "UPDATE_QUERY_NODE", "DELETE_QUERY_NODE", "MERGE_QUERY_NODE" ->
          rejected("Only a SELECT is allowed, also in WITH", node);
      default -> rejected("%s is not allowed here".formatted(type), node);
    };
  }

  private QueryRejectedException rejected(String message, ObjectNode node) {
    JsonNode location = node.path("query_location");
    // DuckDB gives the largest number where it knows no place.
    if (location.canConvertToLong() && location.asLong() >= 0) {
      return new QueryRejectedException(
          "%s (%s)".formatted(message, StatementPosition.of(sql, location.asLong())));
    }
    return new QueryRejectedException(message);
  }
}

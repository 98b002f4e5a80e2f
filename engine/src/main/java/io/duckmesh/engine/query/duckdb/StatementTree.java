package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.query.duckdb.FunctionRules.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
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

  /** Functions that make rows where others make a value. */
  private static final Set<String> ROW_MAKERS =
      Set.of("unnest", "unlist", "generate_subscripts", "regexp_split_to_table");

  /** Functions whose second argument names an aggregate function. */
  private static final Set<String> AGGREGATING =
      Set.of("list_aggregate", "list_aggr", "array_aggregate", "array_aggr", "aggregate");

  /** Functions whose lambda gets what it answered before. */
  private static final Set<String> REDUCING = Set.of("list_reduce", "array_reduce", "reduce");

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
  private final SizeLimits sizes;
  private final Set<TableReference> tables = new LinkedHashSet<>();
  private final List<BoundNode> pinned = new ArrayList<>();

  private final List<CatalogNode> catalog = new ArrayList<>();

  /** Nodes of the parameters by their names, in the order of the first of each. */
  private final Map<String, List<ObjectNode>> parameters = new LinkedHashMap<>();

  /** A reference with a version or timestamp of its own, and its node in the tree. */
  private record BoundNode(TableReference reference, ObjectNode node) {}

  /** A relation that shows the catalog, and its node in the tree. */
  private record CatalogNode(CatalogView view, ObjectNode node) {}

  /** Names that a WITH clause gives, folded, from the inside out. */
  private record Scope(@Nullable Scope outer, String name, double copies) {
    static final Scope EMPTY = new Scope(null, "", 1);

    /** How often its values hold one of a table; null if there is no such name. */
    @Nullable Double copies(String wanted) {
      for (Scope scope = this; scope != null; scope = scope.outer) {
        if (scope.outer != null && scope.name.equals(wanted)) {
          return scope.copies;
        }
      }
      return null;
    }
  }

  /** How often a value of the relations of the query at hand holds one of a table, at most. */
  private double relationCopies = 1;

  /** The same for what its expressions make of one of those. */
  private double expressionCopies = 1;

  /** Whether what is visited is done again and again on its own outcome. */
  private boolean repeated;

  /** Whether that is in one step, which looks at no interrupt. */
  private boolean reducing;

  /** Whether a lambda in what is repeated gives other names to its values. */
  private boolean renamed;

  /** How much longer the calls around the one at hand make its value, at most. */
  private double lengthening = 1;

  private StatementTree(String sql, FunctionRules rules, boolean manyRows) {
    this.sql = sql;
    this.rules = rules;
    this.sizes = new SizeLimits(manyRows);
  }

  /**
   * Checks the tree of one statement.
   *
   * @throws QueryRejectedException if it holds something that is not allowed
   */
  static StatementTree check(String sql, JsonNode statement, FunctionRules rules) {
    if (Expansion.added(statement) > Expansion.MAX_ADDED) {
      throw new QueryRejectedException(
          ("Statement grows by more than %d columns and literals when names of SELECT lists, and"
                  + " functions such as nullif, are replaced by what they stand for")
              .formatted(Expansion.MAX_ADDED));
    }
    StatementTree tree = new StatementTree(sql, rules, readsRows(statement));
    tree.visit(statement, Scope.EMPTY);
    return tree;
  }

  /** Whether there is any relation, so that a value may meet many rows. */
  private static boolean readsRows(JsonNode node) {
    if (node.isObject()) {
      String type = node.path("type").asString("");
      String function = DuckDbSql.foldCase(node.path("function_name").asString(""));
      if ((RELATIONS.contains(type) && !type.equals("EMPTY") && !node.has("class"))
          || type.equals("SET_OPERATION_NODE")
          || type.equals("SHOW_REF")
          || ROW_MAKERS.contains(function)) {
        return true;
      }
    }
    for (JsonNode child : node) {
      if (readsRows(child)) {
        return true;
      }
    }
    return false;
  }

  /** Tables that the statement names. */
  Set<TableReference> tables() {
    return tables;
  }

  /** What it reads of the catalog. */
  Set<CatalogView> catalogViews() {
    Set<CatalogView> views = EnumSet.noneOf(CatalogView.class);
    catalog.forEach(found -> views.add(found.view()));
    return views;
  }

  /** Names of the parameters, in the order in which they come first. */
  Set<String> parameters() {
    return parameters.keySet();
  }

  /**
   * Names a parameter by a number, and lets an expression stand in its place.
   *
   * @param expression tree of an expression with one parameter; null for the parameter itself
   */
  void numberParameter(String name, int number, @Nullable ObjectNode expression) {
    for (ObjectNode node : parameters.getOrDefault(name, List.of())) {
      if (expression != null) {
        String alias = node.path("alias").asString("");
        node.removeAll();
        node.setAll(expression.deepCopy());
        node.put("alias", alias);
      }
      renameParameters(node, Integer.toString(number));
    }
  }

  private static void renameParameters(JsonNode node, String name) {
    if (node instanceof ObjectNode object && object.has("identifier")) {
      object.put("identifier", name);
    }
    for (JsonNode child : node) {
      renameParameters(child, name);
    }
  }

  /** Whether some table is named at a version or timestamp of its own. */
  boolean pinsTables() {
    return !pinned.isEmpty();
  }

  /** Lets each pinned reference and each of the catalog name its view; the tree is changed. */
  void nameViews() {
    for (BoundNode bound : pinned) {
      nameView(bound.node(), DuckDbSql.viewName(bound.reference()), bound.reference().name());
    }
    for (CatalogNode found : catalog) {
      ObjectNode node = found.node();
      node.put("type", "BASE_TABLE");
      node.put("schema_name", "");
      node.put("catalog_name", "");
      node.remove(List.of("query", "show_type"));
      if (!node.has("column_name_alias")) {
        node.putArray("column_name_alias");
      }
      nameView(node, found.view().viewName(), found.view().relation());
    }
  }

  private static void nameView(ObjectNode node, String view, String name) {
    if (node.path("alias").asString("").isEmpty() && !name.isEmpty()) {
      node.put("alias", name);
    }
    node.put("table_name", view);
    node.putObject("qualified_name").putArray("path").add(view);
    node.putNull("at_clause");
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
      } else if (name.equals("SHOW_REF")) {
        visitShow(node, scope);
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
    if (name.equals("PARAMETER")) {
      parameters
          .computeIfAbsent(
              DuckDbSql.foldCase(node.path("identifier").asString("")), key -> new ArrayList<>())
          .add(node);
    }
    if (node.has("function_name")) {
      visitCall(node, scope);
    } else {
      if (name.equals("TYPE")
          && DuckDbSql.foldCase(node.path("type_name").asString("")).equals("variant")) {
        throw rejected("Type VARIANT is not allowed: no answer holds it; JSON is", node);
      }
      visitChildren(node, scope);
    }
  }

  private void visitCall(ObjectNode node, Scope scope) {
    checkFunction(Kind.SCALAR, node, node);
    String function = DuckDbSql.foldCase(node.path("function_name").asString());
    if (AGGREGATING.contains(function)) {
      checkAggregate(function, node);
    }
    sizes
        .refusal(function, node)
        .ifPresent(
            message -> {
              throw rejected(message, node);
            });
    int copies = SizeLimits.copies(function, node, renamed);
    if (copies > 1 && repeated) {
      throw rejected(
          "Function %s joins a value with itself where that is done again and again"
              .formatted(function),
          node);
    }
    expressionCopies = Math.max(expressionCopies, copies);
    double times = Math.max(1, SizeLimits.lengthening(function, node));
    if (times > 1 && reducing) {
      throw rejected(
          "Function %s makes a value longer where that is done again and again".formatted(function),
          node);
    }
    double outside = lengthening;
    lengthening *= times;
    if (lengthening > SizeLimits.MAX_LENGTHENING) {
      throw rejected(
          "Functions within each other make a value more than %d times as long, which is the limit"
              .formatted(SizeLimits.MAX_LENGTHENING),
          node);
    }
    visitArguments(node, function, scope);
    lengthening = outside;
  }

  /** Aggregate functions that a text names are allowed as those are that stand there. */
  private void checkAggregate(String function, ObjectNode node) {
    for (List<JsonNode> arguments : FunctionCalls.readings(node)) {
      if (arguments.size() < 2) {
        continue;
      }
      JsonNode literal = arguments.get(1).path("literal");
      if (!literal.path("kind").asString("").equals("STRING")) {
        throw rejected(
            "Function %s takes only a literal as the name of its aggregate function"
                .formatted(function),
            node);
      }
      checkFunction(Kind.SCALAR, literal.path("text").asString(""), node);
    }
  }

  /** What a lambda makes of the values of a list multiplies with what the list is made of. */
  private void visitArguments(ObjectNode node, String function, Scope scope) {
    JsonNode list = FunctionCalls.arguments(node).stream().findFirst().orElse(node);
    double before = expressionCopies;
    double inLambdas = 1;
    expressionCopies = 1;
    List<JsonNode> lambdas = new ArrayList<>();
    for (Map.Entry<String, JsonNode> child : node.properties()) {
      if (!child.getKey().equals("arguments")) {
        visit(child.getValue(), scope);
        continue;
      }
      for (JsonNode argument : child.getValue()) {
        if (argument.path("expression").path("class").asString("").equals("LAMBDA")) {
          lambdas.add(argument);
        } else {
          visit(argument, scope);
        }
      }
    }
    for (JsonNode lambda : lambdas) {
      double inLists = expressionCopies;
      expressionCopies = 1;
      visitLambda(lambda, list, function, scope);
      inLambdas = Math.max(inLambdas, expressionCopies);
      expressionCopies = inLists;
    }
    expressionCopies = Math.max(before, expressionCopies * inLambdas);
  }

  private void visitLambda(JsonNode lambda, JsonNode list, String function, Scope scope) {
    double outside = sizes.enterLambda(list);
    boolean outerRepeated = repeated;
    boolean outerRenamed = renamed;
    boolean outerReducing = reducing;
    renamed = repeated;
    reducing = reducing || REDUCING.contains(function);
    repeated = repeated || reducing;
    visit(lambda, scope);
    reducing = outerReducing;
    repeated = outerRepeated;
    renamed = outerRenamed;
    sizes.leaveLambda(outside);
  }

  /** Each name of a WITH clause is known in those that follow it and in the query itself. */
  private void visitQuery(ObjectNode node, Scope scope) {
    double outerRelations = relationCopies;
    double outerExpressions = expressionCopies;
    Scope inner = scope;
    for (JsonNode entry : node.path("cte_map").path("map")) {
      String name = entry.path("key").asString();
      if (name.indexOf('/') >= 0 || name.indexOf('\\') >= 0) {
        // DuckDB takes an unknown name in FROM for a file; one that can be a path stays out.
        throw rejected("Name in WITH holds a slash: " + name, node);
      }
      if (name.indexOf('@') >= 0) {
        // Tables at a version, and those of the catalog, are views with such names.
        throw rejected("Name in WITH holds @: " + name, node);
      }
      relationCopies = 1;
      expressionCopies = 1;
      visit(entry.path("value"), inner);
      inner = new Scope(inner, DuckDbSql.foldCase(name), relationCopies * expressionCopies);
    }
    relationCopies = 1;
    expressionCopies = 1;
    boolean recursive = node.path("type").asString().equals("RECURSIVE_CTE_NODE");
    for (Map.Entry<String, JsonNode> child : node.properties()) {
      switch (child.getKey()) {
        case "cte_map" -> {
          // Visited above.
        }
        case "right" -> visitRight(node, child.getValue(), inner, recursive);
        default -> visit(child.getValue(), inner);
      }
    }
    double copies = relationCopies * expressionCopies;
    sizes
        .refusalOfNesting(copies)
        .ifPresent(
            message -> {
              throw rejected(message, node);
            });
    relationCopies = Math.max(outerRelations, copies);
    expressionCopies = outerExpressions;
  }

  private void visitRight(ObjectNode node, JsonNode right, Scope scope, boolean recursive) {
    if (!recursive) {
      visit(right, scope);
      return;
    }
    boolean outerRepeated = repeated;
    boolean outerRenamed = renamed;
    repeated = true;
    renamed = false;
    visit(right, new Scope(scope, DuckDbSql.foldCase(node.path("cte_name").asString()), 1));
    repeated = outerRepeated;
    renamed = outerRenamed;
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
    checkFunction(kind, call.path("function_name").asString(), place);
  }

  private void checkFunction(Kind kind, String name, ObjectNode place) {
    if (!rules.allows(kind, name)) {
      throw rejected(
          rules
              .reasonAgainst(kind, name)
              .map(reason -> "Function %s is not allowed: it %s".formatted(name, reason))
              .orElse("Function %s is unknown or not allowed".formatted(name)),
          place);
    }
  }

  /** DESCRIBE and SUMMARIZE have a query; of what SHOW shows, only the list of tables is theirs. */
  private void visitShow(ObjectNode node, Scope scope) {
    String kind = node.path("show_type").asString("");
    if ((kind.equals("DESCRIBE") || kind.equals("SUMMARY")) && node.path("query").isObject()) {
      visitChildren(node, scope);
    } else if (kind.equals("SHOW_SPECIAL")
        && node.path("table_name").asString("").equals("\"tables\"")) {
      catalog.add(new CatalogNode(CatalogView.SHOW_TABLES, node));
    } else {
      throw rejected("SHOW takes only TABLES; DESCRIBE t shows the columns of a table", node);
    }
  }

  private void visitTable(ObjectNode node, Scope scope) {
    String name = node.path("table_name").asString("");
    String schema = node.path("schema_name").asString("");
    String database = node.path("catalog_name").asString("");
    if (database.isEmpty()
        && DuckDbSql.foldCase(schema).equals("information_schema")
        && node.path("qualified_name").path("path").size() == 2) {
      visitCatalog(node, name);
      return;
    }
    if (!schema.isEmpty()
        || !database.isEmpty()
        || node.path("qualified_name").path("path").size() != 1) {
      String qualified =
          database.isEmpty() ? schema + "." + name : database + "." + schema + "." + name;
      throw rejected(
          "Relation %s is not allowed: tables are named without a schema".formatted(qualified),
          node);
    }
    JsonNode at = node.path("at_clause");
    if (at.isObject()) {
      TableReference reference = pinnedReference(name, at, node);
      tables.add(reference);
      pinned.add(new BoundNode(reference, node));
      return;
    }
    Double copies = scope.copies(DuckDbSql.foldCase(name));
    if (copies == null) {
      tables.add(new TableReference(name, null, null));
    } else {
      relationCopies = Math.max(relationCopies, copies);
    }
  }

  private void visitCatalog(ObjectNode node, String name) {
    CatalogView view =
        CatalogView.find(name)
            .orElseThrow(
                () ->
                    rejected(
                        "Relation information_schema.%s is not allowed: there are tables, columns and schemata"
                            .formatted(name),
                        node));
    if (node.path("at_clause").isObject()) {
      throw rejected(
          "Relation information_schema.%s has no AT: it shows the query's snapshot".formatted(name),
          node);
    }
    catalog.add(new CatalogNode(view, node));
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

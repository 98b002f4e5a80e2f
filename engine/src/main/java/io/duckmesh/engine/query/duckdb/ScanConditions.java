package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.pruning.Condition;
import io.duckmesh.engine.query.pruning.Constant;
import io.duckmesh.engine.query.pruning.Operand;
import io.duckmesh.engine.query.pruning.Operator;
import io.duckmesh.engine.query.pruning.Scan;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads from a statement's tree what it asks of the rows of its tables: for each place where it
 * reads one, conditions that a row has to meet to bear on the answer. What is not understood asks
 * nothing, so this errs towards too many rows.
 */
final class ScanConditions {
  private final Map<String, List<Scan>> scans = new HashMap<>();
  private final Set<JsonNode> handled = Collections.newSetFromMap(new IdentityHashMap<>());

  private ScanConditions() {}

  /**
   * Scans by the view that they read. A view that is not among them may be read in places that are
   * not understood.
   *
   * @param statement with the tables named by their views
   */
  static Map<String, List<Scan>> of(JsonNode statement) {
    ScanConditions conditions = new ScanConditions();
    conditions.visit(statement);
    return Map.copyOf(conditions.scans);
  }

  private void visit(JsonNode node) {
    if (node.isObject() && !node.path("class").isString()) {
      String type = node.path("type").asString("");
      if (type.equals("SELECT_NODE")) {
        visitSelect(node);
      } else if (!node.path("table_name").asString("").isEmpty() && handled.add(node)) {
        scan(node, List.of());
      }
    }
    for (JsonNode child : node) {
      visit(child);
    }
  }

  private void scan(JsonNode table, List<Scan.Filter> filters) {
    scans
        .computeIfAbsent(
            DuckDbSql.foldCase(table.path("table_name").asString("")), name -> new ArrayList<>())
        .add(new Scan(filters));
  }

  private void visitSelect(JsonNode select) {
    if (isSet(select.path("sample"))) {
      return;
    }
    From from = new From();
    JsonNode where = select.path("where_clause");
    from.collect(
        select.path("from_table"),
        where.isObject() ? List.of(new Clause(where, false)) : List.of());
    for (Relation relation : from.relations) {
      if (Collections.frequency(from.aliases, relation.alias()) == 1
          && handled.add(relation.table())) {
        Translator translator = new Translator(relation.alias(), !from.mergesColumns);
        List<Scan.Filter> filters = new ArrayList<>();
        for (Clause clause : relation.clauses()) {
          for (Condition condition : translator.conjuncts(clause.expression())) {
            filters.add(new Scan.Filter(condition, clause.onlyIfNullsFail()));
          }
        }
        scan(relation.table(), filters);
      }
    }
  }

  private static boolean isSet(JsonNode node) {
    return !node.isMissingNode() && !node.isNull();
  }

  /** A condition for the rows of a relation, see {@link Scan.Filter}. */
  private record Clause(JsonNode expression, boolean onlyIfNullsFail) {}

  private record Relation(JsonNode table, String alias, List<Clause> clauses) {}

  /** The tables of one FROM, and the clauses that bear on each. */
  private static final class From {
    final List<Relation> relations = new ArrayList<>();
    final List<String> aliases = new ArrayList<>();

    /** Whether a name without a table may stand for columns of two. */
    boolean mergesColumns;

    void collect(JsonNode node, List<Clause> clauses) {
      String type = node.path("type").asString("");
      if (type.equals("JOIN")) {
        collectJoin(node, isSet(node.path("sample")) ? null : clauses);
        return;
      }
      String alias = node.path("alias").asString("");
      if (alias.isEmpty()) {
        alias = node.path("table_name").asString("");
      }
      alias = DuckDbSql.foldCase(alias);
      aliases.add(alias);
      if (type.equals("BASE_TABLE")
          && !isSet(node.path("sample"))
          && node.path("column_name_alias").isEmpty()) {
        relations.add(new Relation(node, alias, clauses));
      }
    }

    private void collectJoin(JsonNode join, @Nullable List<Clause> clauses) {
      String kind = join.path("ref_type").asString("");
      boolean natural = kind.equals("NATURAL");
      mergesColumns |= natural || !join.path("using_columns").isEmpty();
      JsonNode left = join.path("left");
      JsonNode right = join.path("right");
      if (clauses == null || !(natural || kind.equals("REGULAR") || kind.equals("CROSS"))) {
        collectNothing(left);
        collectNothing(right);
        return;
      }
      JsonNode condition = join.path("condition");
      switch (join.path("join_type").asString("")) {
        case "INNER" -> {
          List<Clause> both = with(clauses, condition);
          collect(left, both);
          collect(right, both);
        }
        case "LEFT" -> {
          collect(left, clauses);
          collect(right, with(behindOuterJoin(clauses), condition));
        }
        case "RIGHT" -> {
          collect(left, with(behindOuterJoin(clauses), condition));
          collect(right, clauses);
        }
        case "FULL", "OUTER" -> {
          collect(left, behindOuterJoin(clauses));
          collect(right, behindOuterJoin(clauses));
        }
        case "SEMI", "ANTI" -> {
          collect(left, clauses);
          collectNothing(right);
        }
        default -> {
          collectNothing(left);
          collectNothing(right);
        }
      }
    }

    private void collectNothing(JsonNode node) {
      collect(node, List.of());
    }

    private static List<Clause> with(List<Clause> clauses, JsonNode condition) {
      if (!condition.isObject()) {
        return clauses;
      }
      List<Clause> more = new ArrayList<>(clauses);
      more.add(new Clause(condition, false));
      return more;
    }

    private static List<Clause> behindOuterJoin(List<Clause> clauses) {
      return clauses.stream().map(clause -> new Clause(clause.expression(), true)).toList();
    }
  }

  /** Expressions as conditions on the rows of one relation. */
  private record Translator(String alias, boolean unqualified) {

    List<Condition> conjuncts(JsonNode node) {
      return switch (condition(node)) {
        case Condition.Unknown unknown -> List.of();
        case Condition.All all -> all.parts();
        case Condition known -> List.of(known);
      };
    }

    private Condition condition(JsonNode node) {
      String type = node.path("type").asString("");
      return switch (node.path("class").asString("")) {
        case "CONJUNCTION" -> conjunction(type, node.path("children"));
        case "COMPARISON" -> comparison(type, node.path("left"), node.path("right"));
        case "BETWEEN" -> between(node);
        case "OPERATOR" -> operator(type, node.path("children"));
        case "COLUMN_REF" -> {
          String column = column(node);
          yield column == null ? Condition.Unknown.INSTANCE : new Condition.IsTrue(column);
        }
        default -> Condition.Unknown.INSTANCE;
      };
    }

    private Condition conjunction(String type, JsonNode children) {
      List<Condition> parts = new ArrayList<>();
      boolean and = type.equals("CONJUNCTION_AND");
      for (JsonNode child : children) {
        Condition part = condition(child);
        if (part instanceof Condition.All all && and) {
          parts.addAll(all.parts());
        } else if (!(part instanceof Condition.Unknown)) {
          parts.add(part);
        } else if (!and) {
          return part;
        }
      }
      if (and) {
        return all(parts);
      }
      return type.equals("CONJUNCTION_OR") ? new Condition.Any(parts) : Condition.Unknown.INSTANCE;
    }

    private static Condition all(List<Condition> parts) {
      return switch (parts.size()) {
        case 0 -> Condition.Unknown.INSTANCE;
        case 1 -> parts.getFirst();
        default -> new Condition.All(parts);
      };
    }

    private Condition comparison(String type, JsonNode left, JsonNode right) {
      Operator operator =
          switch (type) {
            case "COMPARE_EQUAL" -> Operator.EQUAL;
            case "COMPARE_LESSTHAN" -> Operator.LESS;
            case "COMPARE_LESSTHANOREQUALTO" -> Operator.LESS_OR_EQUAL;
            case "COMPARE_GREATERTHAN" -> Operator.GREATER;
            case "COMPARE_GREATERTHANOREQUALTO" -> Operator.GREATER_OR_EQUAL;
            default -> null;
          };
      if (operator == null && !type.equals("COMPARE_NOTEQUAL")) {
        return Condition.Unknown.INSTANCE;
      }
      List<Condition> parts = new ArrayList<>();
      side(operator, left, right, parts);
      side(operator == null ? null : operator.mirrored(), right, left, parts);
      return all(parts);
    }

    private void side(
        @Nullable Operator operator, JsonNode side, JsonNode other, List<Condition> parts) {
      String column = column(side);
      if (column != null) {
        Operand operand = operator == null ? null : operand(other);
        parts.add(
            operand == null || operator == null
                ? new Condition.HasValue(column)
                : new Condition.Compared(column, operator, operand));
      }
    }

    private Condition between(JsonNode node) {
      String column = column(node.path("input"));
      if (column == null) {
        return Condition.Unknown.INSTANCE;
      }
      Operand lower = operand(node.path("lower"));
      Operand upper = operand(node.path("upper"));
      return lower == null
              || upper == null
              || !node.path("type").asString("").equals("COMPARE_BETWEEN")
          ? new Condition.HasValue(column)
          : new Condition.Between(column, lower, upper);
    }

    private Condition operator(String type, JsonNode children) {
      JsonNode first = children.path(0);
      String column = column(first);
      if (column == null) {
        return Condition.Unknown.INSTANCE;
      }
      return switch (type) {
        case "OPERATOR_IS_NULL" -> new Condition.IsNull(column);
        case "OPERATOR_IS_NOT_NULL" -> new Condition.HasValue(column);
        case "COMPARE_IN" -> {
          List<Operand> values = new ArrayList<>();
          for (int i = 1; i < children.size(); i++) {
            Operand value = operand(children.path(i));
            if (value == null) {
              yield new Condition.HasValue(column);
            }
            values.add(value);
          }
          yield values.isEmpty() ? Condition.Unknown.INSTANCE : new Condition.OneOf(column, values);
        }
        default -> Condition.Unknown.INSTANCE;
      };
    }

    /**
     * The column's name if it can only be one of the relation; in SQL's order tables come first.
     */
    private @Nullable String column(JsonNode node) {
      if (!node.path("class").asString("").equals("COLUMN_REF")) {
        return null;
      }
      JsonNode names = node.path("column_names");
      if (names.size() == 1) {
        return unqualified ? names.path(0).asString() : null;
      }
      return names.size() == 2 && DuckDbSql.foldCase(names.path(0).asString()).equals(alias)
          ? names.path(1).asString()
          : null;
    }

    private static @Nullable Operand operand(JsonNode node) {
      JsonNode inner = node;
      Operand.Cast cast = null;
      if (isCast(node)) {
        cast = Literals.castOfText(node);
        inner = node.path("child");
        while (isCast(inner) && Literals.isText(inner)) {
          inner = inner.path("child");
        }
      }
      if (inner.path("class").asString("").equals("PARAMETER")) {
        return isCast(node) && cast == null
            ? null
            : new Operand.Parameter(inner.path("identifier").asString(), cast);
      }
      Constant constant = Literals.constant(node);
      return constant == null ? null : new Operand.Literal(constant);
    }

    private static boolean isCast(JsonNode node) {
      return node.path("class").asString("").equals("CAST");
    }
  }
}

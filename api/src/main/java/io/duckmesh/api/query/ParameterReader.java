package io.duckmesh.api.query;

import io.duckmesh.api.json.JsonFields;
import io.duckmesh.engine.query.ParameterValue;
import io.duckmesh.engine.query.ParameterValue.Plain;
import io.duckmesh.engine.query.ParameterValue.Typed;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.rows.InvalidRowsException;
import io.duckmesh.engine.rows.RowError;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.ColumnType.StructField;
import io.duckmesh.engine.schema.TypeParser;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads {@code params} of a query: an array of values by position, or an object of values by name.
 *
 * <p>A value is JSON null, true, false, a number (BIGINT, or DECIMAL of its digits), a string, an
 * array or object of these (LIST and STRUCT of what is in them), or an object of exactly {@code
 * type} and {@code value}, which gives a type and is read as rows of tables are.
 */
final class ParameterReader {
  private static final String FIELD = "params";

  /** Values of one query; a list is one value. */
  private static final int MAX_VALUES = 10_000;

  /** Types of lists and structs that tables may have, too. */
  private static final int MAX_DEPTH = TypeParser.MAX_DEPTH;

  private static final int MAX_DIGITS = 38;

  private final JsonFields fields;

  private ParameterReader(JsonFields fields) {
    this.fields = fields;
  }

  /** Reads the field; what is wrong with it is a problem of the fields. */
  static QueryParameters read(JsonFields fields) {
    JsonNode params = fields.value(FIELD);
    if (params == null || params.isNull()) {
      return QueryParameters.NONE;
    }
    return new ParameterReader(fields).read(params);
  }

  private QueryParameters read(JsonNode params) {
    if (params.size() > MAX_VALUES) {
      fields.problem(FIELD, "has %d values, at most %d".formatted(params.size(), MAX_VALUES));
      return QueryParameters.NONE;
    }
    if (params.isArray()) {
      List<ParameterValue> values = new ArrayList<>(params.size());
      for (int i = 0; i < params.size(); i++) {
        values.add(value(FIELD + "[" + i + "]", params.get(i)));
      }
      return new QueryParameters.Positional(values);
    }
    if (params.isObject()) {
      Map<String, ParameterValue> values = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> entry : params.properties()) {
        values.put(entry.getKey(), value(FIELD + "." + entry.getKey(), entry.getValue()));
      }
      return new QueryParameters.Named(values);
    }
    fields.problem(FIELD, "is neither an array of values by position nor an object by name");
    return QueryParameters.NONE;
  }

  private ParameterValue value(String place, JsonNode node) {
    if (isTyped(node)) {
      return typed(place, node);
    }
    if (node.isContainer()) {
      try {
        return fromJson(place, typeOf(node, 0), node);
      } catch (NoCommonTypeException e) {
        fields.problem(place, e.getMessage() + "; give it as {\"type\": …, \"value\": …}");
        return new Plain(null);
      }
    }
    try {
      return new Plain(plain(node));
    } catch (IllegalArgumentException e) {
      fields.problem(place, "is %s: %s".formatted(node, e.getMessage()));
      return new Plain(null);
    }
  }

  private static boolean isTyped(JsonNode node) {
    return node.isObject() && node.size() == 2 && node.has("type") && node.has("value");
  }

  private ParameterValue typed(String place, JsonNode node) {
    JsonNode type = node.get("type");
    if (!type.isString()) {
      fields.problem(place + ".type", "is not a string");
      return new Plain(null);
    }
    try {
      return fromJson(place, TypeParser.parse(type.stringValue()), node.get("value"));
    } catch (IllegalArgumentException e) {
      fields.problem(place + ".type", "is no type: " + e.getMessage());
      return new Plain(null);
    }
  }

  private ParameterValue fromJson(String place, ColumnType type, JsonNode node) {
    try {
      return Typed.fromJson(type, node.toString());
    } catch (InvalidRowsException e) {
      RowError error = e.errors().getFirst();
      String inside = error.column() == null ? "" : error.column().replaceFirst("^value", "");
      fields.problem(place + inside, "is %s: %s".formatted(error.value(), error.rule()));
      return new Plain(null);
    }
  }

  private static @Nullable Object plain(JsonNode node) {
    if (node.isNull()) {
      return null;
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    if (node.isString()) {
      return node.stringValue();
    }
    return node.isIntegralNumber() && node.canConvertToLong()
        ? (Object) node.longValue()
        : node.decimalValue();
  }

  // Types of arrays and objects that do not say theirs

  private static ColumnType typeOf(JsonNode node, int depth) {
    ColumnType type = knownTypeOf(node, depth);
    return type == null ? Primitive.VARCHAR : type;
  }

  /** The narrowest type that holds the value, null if every type does. */
  private static @Nullable ColumnType knownTypeOf(JsonNode node, int depth) {
    if (depth > MAX_DEPTH) {
      throw new NoCommonTypeException("is nested more than %d deep".formatted(MAX_DEPTH));
    }
    if (node.isArray()) {
      ColumnType element = null;
      for (JsonNode child : node) {
        element = common(element, knownTypeOf(child, depth + 1));
      }
      return new ListOf(element == null ? Primitive.VARCHAR : element);
    }
    if (node.isObject()) {
      List<StructField> members = new ArrayList<>();
      Set<String> names = new HashSet<>();
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        checkName(entry.getKey(), names);
        members.add(new StructField(entry.getKey(), typeOf(entry.getValue(), depth + 1)));
      }
      if (members.isEmpty()) {
        throw new NoCommonTypeException("has an object without fields, which is no STRUCT");
      }
      return new Struct(members);
    }
    if (node.isNull()) {
      return null;
    }
    if (node.isBoolean()) {
      return Primitive.BOOLEAN;
    }
    if (node.isString()) {
      return Primitive.VARCHAR;
    }
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return Primitive.BIGINT;
    }
    BigDecimal number = node.decimalValue();
    return decimal(
        Math.max((long) number.precision() - number.scale(), 1), Math.max(number.scale(), 0));
  }

  private static void checkName(String name, Set<String> others) {
    if (name.isEmpty() || name.indexOf('\0') >= 0) {
      throw new NoCommonTypeException(
          "has a field whose name is empty or has a zero character, which is none of a STRUCT");
    }
    if (!others.add(name.toLowerCase(Locale.ROOT))) {
      throw new NoCommonTypeException(
          "has two fields named %s, which differ at most in case".formatted(name));
    }
  }

  private static @Nullable ColumnType common(
      @Nullable ColumnType first, @Nullable ColumnType second) {
    if (first == null || first.equals(second)) {
      return second;
    }
    if (second == null) {
      return first;
    }
    if (isNumber(first) && isNumber(second)) {
      return decimal(
          Math.max(wholeDigits(first), wholeDigits(second)), Math.max(scale(first), scale(second)));
    }
    if (first instanceof ListOf one && second instanceof ListOf other) {
      ColumnType element = common(one.element(), other.element());
      return new ListOf(element == null ? Primitive.VARCHAR : element);
    }
    throw new NoCommonTypeException("has values of %s and of %s".formatted(first, second));
  }

  private static boolean isNumber(ColumnType type) {
    return type == Primitive.BIGINT || type instanceof Decimal;
  }

  private static int wholeDigits(ColumnType type) {
    return type instanceof Decimal decimal ? decimal.precision() - decimal.scale() : 19;
  }

  private static int scale(ColumnType type) {
    return type instanceof Decimal decimal ? decimal.scale() : 0;
  }

  private static Decimal decimal(long whole, int scale) {
    if (whole + scale > MAX_DIGITS) {
      throw new NoCommonTypeException(
          "has numbers of more than %d digits together".formatted(MAX_DIGITS));
    }
    return new Decimal((int) whole + scale, scale);
  }

  /** The parts of a value have no type in common. */
  private static final class NoCommonTypeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoCommonTypeException(String message) {
      super(message);
    }
  }
}

package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.pruning.Constant;
import io.duckmesh.engine.query.pruning.Constant.Kind;
import io.duckmesh.engine.query.pruning.Operand;
import io.duckmesh.engine.query.pruning.ParameterValues;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Values that statements and their parameters compare with, as far as their meaning is plain. */
final class Literals {
  private static final Pattern WHOLE = Pattern.compile("-?\\d{1,6}");
  private static final int LAST_YEAR = 9999;

  private Literals() {}

  /**
   * The value of a literal, a negated number, a text cast to a type, or a date and an interval;
   * null for all else.
   */
  static @Nullable Constant constant(JsonNode node) {
    return switch (node.path("class").asString("")) {
      case "CONSTANT" -> literal(node.path("literal"));
      case "CAST" -> cast(node);
      case "FUNCTION" -> function(node);
      default -> null;
    };
  }

  private static @Nullable Constant literal(JsonNode literal) {
    String text = literal.path("text").asString("");
    return switch (literal.path("kind").asString("")) {
      case "STRING" -> new Constant(Kind.UNTYPED, text);
      case "INTEGER", "NUMERIC" -> number(text);
      case "BOOLEAN" -> new Constant(Kind.BOOLEAN, text);
      default -> null;
    };
  }

  private static Constant number(String text) {
    boolean floating = text.indexOf('e') >= 0 || text.indexOf('E') >= 0;
    return new Constant(floating ? Kind.FLOATING : Kind.NUMBER, text);
  }

  private static @Nullable Constant function(JsonNode call) {
    String name = call.path("function_name").asString("");
    JsonNode arguments = call.path("arguments");
    if (!name.equals("-") && !name.equals("+")) {
      return null;
    }
    Constant first = constant(arguments.path(0).path("expression"));
    if (first == null) {
      return null;
    }
    return switch (arguments.size()) {
      case 1 -> name.equals("-") ? negated(first) : null;
      case 2 -> shifted(first, name.equals("-"), arguments.path(1).path("expression"));
      default -> null;
    };
  }

  private static @Nullable Constant negated(Constant constant) {
    if (constant.text().startsWith("-")
        || (constant.kind() != Kind.NUMBER && constant.kind() != Kind.FLOATING)) {
      return null;
    }
    return new Constant(constant.kind(), "-" + constant.text());
  }

  /** A date before or after it by an interval of whole days, months or years, as a timestamp. */
  private static @Nullable Constant shifted(Constant date, boolean back, JsonNode interval) {
    Long count = whole(interval.path("arguments"));
    if (date.kind() != Kind.DATE || count == null) {
      return null;
    }
    long amount = back ? -count : count;
    try {
      LocalDate from = LocalDate.parse(date.text());
      LocalDate to =
          switch (interval.path("function_name").asString("")) {
            case "to_days" -> from.plusDays(amount);
            case "to_months" -> from.plusMonths(amount);
            case "to_years" -> from.plusYears(amount);
            default -> null;
          };
      return to == null || to.getYear() < 1 || to.getYear() > LAST_YEAR
          ? null
          : new Constant(Kind.TIMESTAMP, to.toString());
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** The number that the parser makes an interval of: a literal below casts and a truncation. */
  private static @Nullable Long whole(JsonNode arguments) {
    JsonNode node = arguments.path(0).path("expression");
    while (node.path("class").asString("").equals("CAST")
        || node.path("function_name").asString("").equals("trunc")) {
      node =
          node.has("child")
              ? node.path("child")
              : node.path("arguments").path(0).path("expression");
    }
    String text = node.path("literal").path("text").asString("");
    return arguments.size() == 1 && WHOLE.matcher(text).matches() ? Long.valueOf(text) : null;
  }

  private static @Nullable Constant cast(JsonNode node) {
    Constant constant = constant(node.path("child"));
    if (constant == null || constant.kind() != Kind.UNTYPED) {
      return null;
    }
    Kind kind = kind(node);
    return kind == null ? null : new Constant(kind, constant.text());
  }

  /** Whether the cast makes a text. */
  static boolean isText(JsonNode cast) {
    return kind(cast) == Kind.VARCHAR;
  }

  /** What a cast makes of a text; null where that is not plain. */
  static Operand.@Nullable Cast castOfText(JsonNode cast) {
    Kind kind = kind(cast);
    if (kind != null) {
      return new Operand.Cast(kind, 0);
    }
    JsonNode type = cast.path("type_expr");
    return switch (type.path("type_name").asString("").toUpperCase(Locale.ROOT)) {
      case "SMALLINT", "INTEGER", "BIGINT" -> new Operand.Cast(Kind.NUMBER, 0);
      case "DECIMAL" -> {
        String scale = type.path("children").path(1).path("literal").path("text").asString("");
        yield WHOLE.matcher(scale).matches()
            ? new Operand.Cast(Kind.NUMBER, Integer.parseInt(scale))
            : null;
      }
      default -> null;
    };
  }

  private static @Nullable Kind kind(JsonNode cast) {
    JsonNode type = cast.path("type_expr");
    if (type.path("qualified_name").path("path").size() != 1) {
      return null;
    }
    return switch (type.path("type_name").asString("").toUpperCase(Locale.ROOT)) {
      case "DATE" -> Kind.DATE;
      case "TIME" -> Kind.TIME;
      case "TIMESTAMP" -> Kind.TIMESTAMP;
      case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE" -> Kind.TIMESTAMPTZ;
      case "UUID" -> Kind.UUID;
      case "VARCHAR" -> Kind.VARCHAR;
      default -> null;
    };
  }

  /**
   * The values that are bound to {@code ?}, as constants. The one place that knows how they arrive.
   */
  static ParameterValues values(List<? extends @Nullable Object> parameters) {
    return identifier -> {
      int index = index(identifier);
      return index < 0 || index >= parameters.size() ? null : constant(parameters.get(index));
    };
  }

  private static int index(String identifier) {
    try {
      return Integer.parseInt(identifier) - 1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static @Nullable Constant constant(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    return switch (value) {
      case Long number -> new Constant(Kind.NUMBER, number.toString());
      case BigDecimal number -> new Constant(Kind.NUMBER, number.toPlainString());
      case Double number -> new Constant(Kind.FLOATING, number.toString());
      case Boolean bool -> new Constant(Kind.BOOLEAN, bool.toString());
      case String text -> new Constant(Kind.UNTYPED, text);
      default -> null;
    };
  }
}

package io.duckmesh.engine.query.duckdb;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Bounds what scalar functions make out of a few characters. DuckDB computes them in one step, for
 * constants even while it plans, where neither its memory limit nor an interrupt reaches; so their
 * sizes have to be visible in the statement. One for each statement.
 */
final class SizeLimits {
  static final long MAX_ELEMENTS = 1_000_000;
  static final long MAX_BYTES = 10_000_000;

  /** Where a size applies to each row's own value. */
  static final long MAX_FOR_EACH_ROW = 10_000;

  private static final int DAY_SECONDS = 24 * 60 * 60;

  /** Shortest lengths, in seconds. */
  private static final Map<String, Double> UNITS =
      Map.ofEntries(
          Map.entry("microsecond", 1e-6),
          Map.entry("millisecond", 1e-3),
          Map.entry("second", 1.0),
          Map.entry("minute", 60.0),
          Map.entry("hour", 3600.0),
          Map.entry("day", 1.0 * DAY_SECONDS),
          Map.entry("week", 7.0 * DAY_SECONDS),
          Map.entry("month", 28.0 * DAY_SECONDS),
          Map.entry("quarter", 89.0 * DAY_SECONDS),
          Map.entry("year", 365.0 * DAY_SECONDS));

  private static final Pattern INTERVAL = Pattern.compile("(\\d{1,9}) ?([a-z]+?)s?");

  /** A width that is long or comes from an argument. */
  private static final Pattern WIDE =
      Pattern.compile("%[^%a-zA-Z]*(\\*|\\d{5})|\\{[^}]*(\\{|\\d{5})");

  /** How often the calls of {@code repeat} so far multiply what comes from elsewhere. */
  private double growth = 1;

  private double longestLiteral = 1;

  /** What is wrong with the call, if it is one of a function that makes large values. */
  Optional<String> refusal(String name, JsonNode call) {
    List<JsonNode> arguments = new ArrayList<>();
    for (JsonNode argument : call.path("arguments")) {
      arguments.add(argument.path("expression"));
    }
    return Optional.ofNullable(
        switch (name) {
          case "range", "generate_series" -> list(name, arguments);
          case "repeat" -> repeat(arguments);
          case "lpad", "rpad" -> pad(name, arguments);
          case "list_resize", "array_resize" -> resize(name, arguments);
          case "bar" -> bar(arguments);
          case "format", "printf" -> format(name, arguments);
          default -> null;
        });
  }

  private static @Nullable String list(String name, List<JsonNode> arguments) {
    int count = arguments.size();
    if (count < 1 || count > 3) {
      return null;
    }
    JsonNode last = arguments.get(count == 1 ? 0 : 1);
    Double start = count == 1 ? Double.valueOf(0) : position(arguments.get(0));
    Double stop = position(last);
    Double step = count < 3 ? Double.valueOf(1) : step(arguments.get(2));
    double limit = MAX_ELEMENTS;
    if (stop == null && step != null && step > 0) {
      stop = bound(last);
      limit = MAX_FOR_EACH_ROW;
    }
    if (start == null || stop == null || step == null) {
      return ("Function %s in an expression takes only literals, or least(n, %d) as its end, since"
              + " its list is made at once in memory; use it in FROM instead, as in FROM %s(n)")
          .formatted(name, MAX_FOR_EACH_ROW, name);
    }
    double elements = step == 0 ? 0 : (stop - start) / step + 1;
    if (!(elements <= limit + 1)) {
      return ("Function %s in an expression makes more than %.0f elements, which is its limit"
              + " there; use it in FROM instead, as in FROM %s(n)")
          .formatted(name, limit, name);
    }
    return null;
  }

  private @Nullable String repeat(List<JsonNode> arguments) {
    if (arguments.size() != 2) {
      return null;
    }
    Double times = number(arguments.get(1));
    String text = times == null ? null : text(arguments.get(0));
    if (times == null) {
      times = bound(arguments.get(1));
    }
    if (times == null) {
      return sizeNotVisible("repeat", "count");
    }
    if (text != null) {
      longestLiteral = Math.max(longestLiteral, times * bytes(text));
      if (!(longestLiteral <= MAX_BYTES)) {
        return tooLong("repeat");
      }
    } else {
      growth *= Math.max(1, times);
      if (!(growth <= MAX_FOR_EACH_ROW)) {
        return ("Function repeat repeats values that are no literals more than %d times, all calls"
                + " multiplied, which is its limit")
            .formatted(MAX_FOR_EACH_ROW);
      }
    }
    return growth > 1 && growth * longestLiteral > MAX_BYTES ? tooLong("repeat") : null;
  }

  private @Nullable String pad(String name, List<JsonNode> arguments) {
    if (arguments.size() != 3) {
      return null;
    }
    Double length = number(arguments.get(1));
    String pad = text(arguments.get(2));
    if (length != null && text(arguments.get(0)) != null && pad != null) {
      // A character of the padding has at most as many bytes as all of it.
      longestLiteral = Math.max(longestLiteral, length * Math.min(4, bytes(pad)));
      return longestLiteral * growth <= MAX_BYTES ? null : tooLong(name);
    }
    return forEachRow(name, "length", length, arguments.get(1));
  }

  private static @Nullable String resize(String name, List<JsonNode> arguments) {
    return arguments.size() < 2
        ? null
        : forEachRow(name, "length", number(arguments.get(1)), arguments.get(1));
  }

  private static @Nullable String bar(List<JsonNode> arguments) {
    return arguments.size() < 4
        ? null
        : forEachRow("bar", "width", number(arguments.get(3)), arguments.get(3));
  }

  private static @Nullable String forEachRow(
      String name, String what, @Nullable Double literal, JsonNode argument) {
    Double size = literal == null ? bound(argument) : literal;
    if (size == null) {
      return sizeNotVisible(name, what);
    }
    return size <= MAX_FOR_EACH_ROW
        ? null
        : "Function %s has a %s above %d, which is its limit for values that are no literals"
            .formatted(name, what, MAX_FOR_EACH_ROW);
  }

  private static @Nullable String format(String name, List<JsonNode> arguments) {
    if (arguments.isEmpty()) {
      return null;
    }
    String text = text(arguments.getFirst());
    if (text == null) {
      return "Function %s takes only a literal as its format, since its widths have to be visible"
          .formatted(name);
    }
    return WIDE.matcher(text.replace("{{", "").replace("%%", "")).find()
        ? "Function %s has a width that is not visible or above 9999, which is its limit"
            .formatted(name)
        : null;
  }

  private static String sizeNotVisible(String name, String what) {
    return ("Function %s takes as its %s only a literal, or least(n, %d), since its value is made"
            + " at once in memory")
        .formatted(name, what, MAX_FOR_EACH_ROW);
  }

  private static String tooLong(String name) {
    return "Function %s makes a value of more than %d bytes, which is its limit"
        .formatted(name, MAX_BYTES);
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  // What the tree says

  /** The text of a plain literal, which may be cast; null for everything else. */
  private static @Nullable String text(JsonNode node) {
    JsonNode value = node;
    while (value.path("class").asString("").equals("CAST")) {
      value = value.path("child");
    }
    if (!value.path("class").asString("").equals("CONSTANT")) {
      return null;
    }
    return value.path("literal").path("text").asString("");
  }

  /** The number that a literal, a cast one or a negated one stands for. */
  private static @Nullable Double number(JsonNode node) {
    String name = node.path("function_name").asString("");
    JsonNode operands = node.path("arguments");
    if ((name.equals("-") || name.equals("+")) && operands.size() == 1) {
      Double operand = number(operands.path(0).path("expression"));
      return operand == null || name.equals("+") ? operand : Double.valueOf(-operand);
    }
    if (node.path("class").asString("").equals("CAST") && text(node) == null) {
      return number(node.path("child"));
    }
    String text = text(node);
    if (text == null) {
      return null;
    }
    try {
      return Double.valueOf(text.replace("_", ""));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** The smallest literal of {@code least(...)}, which is an upper bound. */
  private static @Nullable Double bound(JsonNode node) {
    if (!node.path("function_name").asString("").equalsIgnoreCase("least")) {
      return null;
    }
    Double least = null;
    for (JsonNode argument : node.path("arguments")) {
      Double number = number(argument.path("expression"));
      if (number != null && (least == null || number < least)) {
        least = number;
      }
    }
    return least;
  }

  /** A number, or a date or timestamp as its seconds. */
  private static @Nullable Double position(JsonNode node) {
    Double number = number(node);
    String text = text(node);
    if (number != null || text == null) {
      return number;
    }
    try {
      String time = text.strip().replace(' ', 'T');
      LocalDateTime parsed =
          time.indexOf('T') < 0 ? LocalDate.parse(time).atStartOfDay() : LocalDateTime.parse(time);
      return Double.valueOf(parsed.toEpochSecond(ZoneOffset.UTC));
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  /** A number, or an interval as its shortest length in seconds. */
  private static @Nullable Double step(JsonNode node) {
    Double number = number(node);
    if (number != null) {
      return number;
    }
    String text = text(node);
    if (text != null) {
      Matcher interval = INTERVAL.matcher(text.strip().toLowerCase(Locale.ROOT));
      Double unit = interval.matches() ? UNITS.get(interval.group(2)) : null;
      return unit == null ? null : Double.valueOf(Double.parseDouble(interval.group(1)) * unit);
    }
    String name = node.path("function_name").asString("");
    if (!name.startsWith("to_") || !name.endsWith("s") || node.path("arguments").size() != 1) {
      return null;
    }
    Double unit = UNITS.get(name.substring(3, name.length() - 1));
    Double count = number(untruncated(node.path("arguments").path(0).path("expression")));
    return unit == null || count == null ? null : Double.valueOf(count * unit);
  }

  /** What the parser makes of {@code INTERVAL 1 DAY} truncates the literal first. */
  private static JsonNode untruncated(JsonNode node) {
    JsonNode value = node;
    while (value.path("class").asString("").equals("CAST")) {
      value = value.path("child");
    }
    return value.path("function_name").asString("").equals("trunc")
        ? value.path("arguments").path(0).path("expression")
        : node;
  }
}

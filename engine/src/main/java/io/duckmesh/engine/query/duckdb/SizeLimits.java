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
import java.util.Set;
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
  /** Of one list that is made once. */
  static final long MAX_ELEMENTS = 1_000_000;

  /** Of one text that is made once. */
  static final long MAX_BYTES = 10_000_000;

  /**
   * Of a list that is made for each row, or given to each: DuckDB works on 2048 rows in one step.
   */
  static final long MAX_FOR_EACH_ROW = 10_000;

  /** Of such a text. */
  static final long MAX_BYTES_FOR_EACH_ROW = 100_000;

  /** How often what a statement makes may hold a value that comes from a table. */
  static final long MAX_GROWTH = 1_000;

  /** How much longer calls within each other may make a value, where each makes it a bit longer. */
  static final long MAX_LENGTHENING = 100_000;

  /** Products of the lengths of texts that are compared, where rows are read and elsewhere. */
  private static final double MAX_STEPS_FOR_EACH_ROW = 1e6;

  private static final double MAX_STEPS = 1e8;

  /** Brackets in a text that says the structure of JSON. */
  private static final int MAX_BRACKETS = 1_000;

  /** Elements of a list whose length is not visible. */
  private static final double USUAL_LENGTH = 1_000;

  /** Texts up to this length take the place of others without making them much longer. */
  private static final int SHORT_TEXT = 16;

  private static final Set<String> JOINING =
      Set.of(
          "||",
          "concat",
          "concat_ws",
          "list_concat",
          "array_concat",
          "list_cat",
          "array_cat",
          "list_value",
          "list_pack",
          "array_value",
          "struct_pack",
          "row",
          "map",
          "json_array",
          "json_object",
          "format",
          "printf",
          "replace",
          "regexp_replace",
          "list_append",
          "array_append",
          "array_push_back",
          "list_prepend",
          "array_prepend",
          "array_push_front");

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

  private final long maxElements;
  private final long maxBytes;

  /** How often the calls so far multiply what comes from elsewhere. */
  private double growth = 1;

  private double longestLiteral = 1;

  /** How often a lambda around the call is evaluated for one row. */
  private double repetitions = 1;

  /**
   * @param manyRows whether a value may be made for, or given to, many rows
   */
  SizeLimits(boolean manyRows) {
    this.maxElements = manyRows ? MAX_FOR_EACH_ROW : MAX_ELEMENTS;
    this.maxBytes = manyRows ? MAX_BYTES_FOR_EACH_ROW : MAX_BYTES;
  }

  /**
   * Enters a lambda that is evaluated for each element of the list.
   *
   * @return what {@link #leaveLambda} takes
   */
  double enterLambda(JsonNode list) {
    double before = repetitions;
    repetitions *= length(list);
    return before;
  }

  void leaveLambda(double before) {
    repetitions = before;
  }

  /**
   * How often the call's value holds the value of one column, at most: twice for {@code s || s},
   * where that matters since texts and lists grow so.
   *
   * @param renamed whether columns with different names may be one
   */
  static int copies(String name, JsonNode call, boolean renamed) {
    if (!JOINING.contains(name)) {
      return 1;
    }
    List<Reference> columns = new ArrayList<>();
    for (JsonNode argument : FunctionCalls.arguments(call)) {
      collectColumns(argument, columns);
    }
    if (renamed) {
      return Math.max(1, columns.size());
    }
    int most = 1;
    for (Reference column : columns) {
      most = Math.max(most, (int) columns.stream().filter(column::mayBe).count());
    }
    return most;
  }

  /** A column as it is written, its relation empty where it is not. */
  private record Reference(String relation, String name) {
    boolean mayBe(Reference other) {
      return name.equals(other.name)
          && (relation.isEmpty() || other.relation.isEmpty() || relation.equals(other.relation));
    }
  }

  private static void collectColumns(JsonNode node, List<Reference> columns) {
    if (columns.size() > MAX_GROWTH) {
      return;
    }
    if (node.path("class").asString("").equals("COLUMN_REF")) {
      JsonNode names = node.path("column_names");
      columns.add(
          new Reference(
              DuckDbSql.foldCase(names.path(names.size() - 2).asString("")),
              DuckDbSql.foldCase(names.path(names.size() - 1).asString(""))));
    } else if (!node.path("class").asString("").equals("SUBQUERY")) {
      for (JsonNode child : node) {
        collectColumns(child, columns);
      }
    }
  }

  /** What is wrong with values that are made of others in queries within queries. */
  Optional<String> refusalOfNesting(double copies) {
    if (copies <= 1) {
      return Optional.empty();
    }
    return copies * growth > MAX_GROWTH || copies * longestLiteral > maxBytes
        ? Optional.of(
            "Values are joined with themselves too often in queries within queries: %d times or %d bytes are the limit"
                .formatted(MAX_GROWTH, maxBytes))
        : Optional.empty();
  }

  /** What is wrong with the call, if it is one of a function that makes large values. */
  Optional<String> refusal(String name, JsonNode call) {
    return FunctionCalls.readings(call).stream()
        .flatMap(arguments -> Optional.ofNullable(refusal(name, arguments)).stream())
        .findFirst();
  }

  private @Nullable String refusal(String name, List<JsonNode> arguments) {
    return switch (name) {
      case "range", "generate_series" -> list(name, arguments);
      case "repeat" -> repeat(arguments);
      case "lpad", "rpad" -> pad(name, arguments);
      case "list_resize", "array_resize" -> resize(name, arguments);
      case "bar" -> bar(arguments);
      case "bitstring" -> bitstring(arguments);
      case "replace", "regexp_replace" -> replace(name, arguments);
      case "string_agg", "group_concat", "listagg", "array_to_string", "list_string_agg" ->
          separator(name, arguments, 1);
      case "list_aggregate", "list_aggr", "array_aggregate", "array_aggr", "aggregate" ->
          separator(name, arguments, 2);
      case "format", "printf" -> format(name, arguments);
      case "strftime" -> timeFormat(arguments);
      case "levenshtein", "editdist3", "jaro_similarity", "jaro_winkler_similarity" ->
          compare(name, arguments);
      case "from_json", "from_json_strict", "json_transform", "json_transform_strict" ->
          structure(name, arguments);
      default -> null;
    };
  }

  /**
   * How much longer than its longest argument the call's value is, at most, where that comes of a
   * function's way of writing it. Sizes that are arguments are counted elsewhere.
   */
  static double lengthening(String name, JsonNode call) {
    List<JsonNode> arguments = FunctionCalls.arguments(call);
    return switch (name) {
      case "hex", "to_hex", "json_quote", "to_json" -> 2;
      case "url_encode" -> 3;
      case "bin", "to_binary" -> 8;
      case "replace" ->
          arguments.size() < 3
              ? 1
              : replacementBytes(arguments.get(2)) / shortest(arguments.get(1));
      case "regexp_replace" ->
          arguments.size() < 4
              ? 1
              : 1 + (isEmpty(arguments.get(2)) ? 0 : replacementBytes(arguments.get(2)));
      case "format", "printf" -> arguments.isEmpty() ? 1 : placesForEach(name, arguments);
      default -> 1;
    };
  }

  private @Nullable String list(String name, List<JsonNode> arguments) {
    int count = arguments.size();
    if (count < 1 || count > 3) {
      return null;
    }
    JsonNode last = arguments.get(count == 1 ? 0 : 1);
    Double start = count == 1 ? Double.valueOf(0) : position(arguments.get(0));
    Double stop = position(last);
    Double step = count < 3 ? Double.valueOf(1) : step(arguments.get(2));
    double limit = maxElements;
    if (stop == null && step != null && step > 0) {
      stop = bound(last);
      limit = Math.min(maxElements, MAX_FOR_EACH_ROW);
    }
    if (start == null || stop == null || step == null) {
      return ("Function %s in an expression takes only literals, or least(n, %d) as its end, since"
              + " its list is made at once in memory; use it in FROM instead, as in FROM %s(n)")
          .formatted(name, MAX_FOR_EACH_ROW, name);
    }
    double elements = step == 0 ? 0 : (stop - start) / step + 1;
    if (!(elements <= limit + 1 && elements * repetitions <= maxElements + 1)) {
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
    if (times == null) {
      times = bound(arguments.get(1));
    }
    if (times == null) {
      return sizeNotVisible("repeat", "count");
    }
    String text = text(arguments.get(0));
    if (text != null) {
      return make("repeat", times * bytes(text));
    }
    return grow("repeat", times);
  }

  /** Counts a text of that many bytes. */
  private @Nullable String make(String name, double bytes) {
    longestLiteral = Math.max(longestLiteral, bytes);
    return bytes * repetitions <= maxBytes && longestLiteral * growth <= maxBytes
        ? null
        : tooLong(name);
  }

  /** Counts a value that is that many times as long as what comes from elsewhere. */
  private @Nullable String grow(String name, double times) {
    growth *= Math.max(1, times);
    if (!(growth * repetitions <= MAX_GROWTH)) {
      return ("Function %s repeats values that are no literals more than %d times, all calls"
              + " multiplied, which is its limit")
          .formatted(name, MAX_GROWTH);
    }
    return growth > 1 && growth * longestLiteral > maxBytes ? tooLong(name) : null;
  }

  private @Nullable String replace(String name, List<JsonNode> arguments) {
    if (arguments.size() < 3) {
      return null;
    }
    double made = closedBytes(arguments.get(2));
    return made <= SHORT_TEXT
        ? null
        : grow(name, made / Math.max(1, name.equals("replace") ? shortest(arguments.get(1)) : 1));
  }

  private static double shortest(JsonNode node) {
    String text = text(node);
    return text == null ? 1 : Math.max(1, bytes(text));
  }

  /** A text between all elements. */
  private @Nullable String separator(String name, List<JsonNode> arguments, int index) {
    if (arguments.size() <= index) {
      return null;
    }
    double made = closedBytes(arguments.get(index));
    return made <= SHORT_TEXT ? null : grow(name, made);
  }

  /** Bytes of a text that has no column in it; of everything else, those of a short one. */
  private static double closedBytes(JsonNode node) {
    String text = text(node);
    if (text != null) {
      return bytes(text);
    }
    JsonNode value = node;
    while (value.path("class").asString("").equals("CAST")) {
      value = value.path("child");
    }
    String name = DuckDbSql.foldCase(value.path("function_name").asString(""));
    List<JsonNode> arguments = FunctionCalls.arguments(value);
    JsonNode first = arguments.isEmpty() ? value.path("arguments") : arguments.getFirst();
    Double second = arguments.size() < 2 ? null : number(arguments.get(1));
    return switch (name) {
      case "repeat" -> closedBytes(first) * (second == null ? MAX_FOR_EACH_ROW : second);
      case "lpad", "rpad" -> second == null ? MAX_FOR_EACH_ROW : 4 * second;
      default -> {
        double sum = 0;
        for (JsonNode argument : arguments) {
          sum += closedBytes(argument);
        }
        yield Math.max(sum, 1);
      }
    };
  }

  /** Elements of a list, as far as they are visible. */
  private static double length(JsonNode list) {
    String name = DuckDbSql.foldCase(list.path("function_name").asString(""));
    JsonNode arguments = list.path("arguments");
    return switch (name) {
      case "list_value", "list_pack", "array_value" -> Math.max(1, arguments.size());
      case "range", "generate_series" -> {
        Double stop = position(arguments.path(arguments.size() > 1 ? 1 : 0).path("expression"));
        Double start =
            arguments.size() > 1
                ? position(arguments.path(0).path("expression"))
                : Double.valueOf(0);
        yield stop == null || start == null || arguments.size() > 2
            ? USUAL_LENGTH
            : Math.max(1, stop - start);
      }
      default -> USUAL_LENGTH;
    };
  }

  private @Nullable String bitstring(List<JsonNode> arguments) {
    return arguments.size() < 2
        ? null
        : forEachRow("bitstring", "length", number(arguments.get(1)), arguments.get(1));
  }

  private @Nullable String pad(String name, List<JsonNode> arguments) {
    if (arguments.size() != 3) {
      return null;
    }
    Double length = number(arguments.get(1));
    String pad = text(arguments.get(2));
    if (length != null && text(arguments.get(0)) != null && pad != null) {
      // A character of the padding has at most as many bytes as all of it.
      return make(name, length * Math.min(4, bytes(pad)));
    }
    return forEachRow(name, "length", length, arguments.get(1));
  }

  private @Nullable String resize(String name, List<JsonNode> arguments) {
    return arguments.size() < 2
        ? null
        : forEachRow(name, "length", number(arguments.get(1)), arguments.get(1));
  }

  private @Nullable String bar(List<JsonNode> arguments) {
    return arguments.size() < 4
        ? null
        : forEachRow("bar", "width", number(arguments.get(3)), arguments.get(3));
  }

  private @Nullable String forEachRow(
      String name, String what, @Nullable Double literal, JsonNode argument) {
    Double size = literal == null ? bound(argument) : literal;
    if (size == null) {
      return sizeNotVisible(name, what);
    }
    return size * repetitions <= MAX_FOR_EACH_ROW
        ? null
        : "Function %s has a %s above %d, which is its limit for values that are no literals"
            .formatted(name, what, MAX_FOR_EACH_ROW);
  }

  private @Nullable String format(String name, List<JsonNode> arguments) {
    if (arguments.isEmpty()) {
      return null;
    }
    String text = text(arguments.getFirst());
    if (text == null) {
      return "Function %s takes only a literal as its format, since its widths have to be visible"
          .formatted(name);
    }
    if (WIDE.matcher(text.replace("{{", "").replace("%%", "")).find()) {
      return "Function %s has a width that is not visible or above 9999, which is its limit"
          .formatted(name);
    }
    double timesEach = placesForEach(name, arguments);
    return timesEach <= SHORT_TEXT ? null : grow(name, timesEach);
  }

  /** How often a format has an argument, on an average of them. */
  private static double placesForEach(String name, List<JsonNode> arguments) {
    String text = text(arguments.getFirst());
    char mark = name.equals("format") ? '{' : '%';
    long places = text == null ? 0 : text.chars().filter(c -> c == mark).count();
    return (double) places / Math.max(1, arguments.size() - 1);
  }

  /** Bytes that come in the place of others; those of a short text where they are not visible. */
  private static double replacementBytes(JsonNode node) {
    String text = text(node);
    return text == null ? SHORT_TEXT : bytes(text);
  }

  private static boolean isEmpty(JsonNode node) {
    String text = text(node);
    return text != null && text.isEmpty();
  }

  /** DuckDB reads the structure level by level on its stack. */
  private static @Nullable String structure(String name, List<JsonNode> arguments) {
    if (arguments.size() < 2 || arguments.get(1).path("class").asString("").equals("PARAMETER")) {
      return null;
    }
    String text = text(arguments.get(1));
    if (text == null) {
      return "Function %s takes only a literal or a parameter as its structure".formatted(name);
    }
    return text.chars().filter(c -> c == '[' || c == '{').count() <= MAX_BRACKETS
        ? null
        : "Function %s has a structure of more than %d brackets, which is its limit"
            .formatted(name, MAX_BRACKETS);
  }

  /** Takes time of the product of the lengths, without an end before. */
  private @Nullable String compare(String name, List<JsonNode> arguments) {
    double steps = 1;
    for (JsonNode argument : arguments) {
      if (closedBytes(argument) > MAX_FOR_EACH_ROW) {
        return "Function %s compares texts of at most %d bytes".formatted(name, MAX_FOR_EACH_ROW);
      }
      steps *= closedBytes(argument);
    }
    boolean manyRows = maxBytes != MAX_BYTES;
    if (steps > (manyRows ? MAX_STEPS_FOR_EACH_ROW : MAX_STEPS)) {
      return "Function %s compares texts that are too long together%s: %.0f is the limit of the product of their bytes"
          .formatted(
              name,
              manyRows ? " where rows are read" : "",
              manyRows ? MAX_STEPS_FOR_EACH_ROW : MAX_STEPS);
    }
    return null;
  }

  private static @Nullable String timeFormat(List<JsonNode> arguments) {
    for (JsonNode argument : arguments) {
      String text = text(argument);
      if (text != null && bytes(text) > MAX_GROWTH) {
        return "Function strftime has a format of more than %d bytes, which is its limit"
            .formatted(MAX_GROWTH);
      }
    }
    return null;
  }

  private static String sizeNotVisible(String name, String what) {
    return ("Function %s takes as its %s only a literal, or least(n, %d), since its value is made"
            + " at once in memory")
        .formatted(name, what, MAX_FOR_EACH_ROW);
  }

  private String tooLong(String name) {
    return "Function %s makes a value of more than %d bytes, which is its limit%s"
        .formatted(name, maxBytes, maxBytes == MAX_BYTES ? "" : " where rows are read");
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

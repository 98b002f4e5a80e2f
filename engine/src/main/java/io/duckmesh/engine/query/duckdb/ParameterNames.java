package io.duckmesh.engine.query.duckdb;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.query.ParameterValue;
import io.duckmesh.engine.query.ParameterValue.Typed;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.schema.ColumnType;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Values under the names that the parser gives parameters: the first {@code ?} is {@code 1}. */
final class ParameterNames {
  private final Map<String, ParameterValue> values;
  private final boolean byPosition;

  private ParameterNames(Map<String, ParameterValue> values, boolean byPosition) {
    this.values = values;
    this.byPosition = byPosition;
  }

  /**
   * @throws QueryRejectedException if two names differ only in case
   */
  static ParameterNames of(QueryParameters parameters) {
    Map<String, ParameterValue> values = new LinkedHashMap<>();
    return switch (parameters) {
      case QueryParameters.Positional positional -> {
        for (ParameterValue value : positional.values()) {
          values.put(Integer.toString(values.size() + 1), value);
        }
        yield new ParameterNames(values, true);
      }
      case QueryParameters.Named named -> {
        named
            .values()
            .forEach(
                (name, value) -> {
                  if (values.put(DuckDbSql.foldCase(name), value) != null) {
                    throw new QueryRejectedException(
                        "Two values are given for parameter $%s".formatted(name));
                  }
                });
        yield new ParameterNames(values, false);
      }
    };
  }

  /** The statement's parameters in the order in which they get numbers. */
  List<String> inOrder(Set<String> parameters) {
    return byPosition
        ? parameters.stream().sorted(Comparator.comparingInt(Integer::parseInt)).toList()
        : List.copyOf(parameters);
  }

  ParameterValue value(String name) {
    return requireNonNull(values.get(name), name);
  }

  /** The type that the parameter's value is given, null if the value has its own. */
  @Nullable ColumnType type(String name) {
    return value(name) instanceof Typed typed ? typed.type() : null;
  }

  /** Whether the parser's text can be run as it is, since numbers name all parameters. */
  boolean areNumbers() {
    return byPosition && values.values().stream().noneMatch(value -> value instanceof Typed);
  }

  /** Names and types: statements with the same text and the same of these run the same way. */
  String signature() {
    if (areNumbers()) {
      return Integer.toString(values.size());
    }
    return new TreeMap<>(values)
        .entrySet().stream()
            .map(entry -> entry.getKey() + '\0' + type(entry.getKey()))
            .collect(Collectors.joining("\0", byPosition ? "?" : "$", ""));
  }

  /**
   * Checks that there is a value for each parameter and a parameter for each value.
   *
   * @param parameters names of the statement's parameters
   * @throws QueryRejectedException if not
   */
  void check(Set<String> parameters) {
    if (byPosition && parameters.stream().allMatch(ParameterNames::isNumber)) {
      if (!parameters.equals(values.keySet())) {
        throw new QueryRejectedException(
            isFromOneOn(parameters)
                ? "Statement has %s, but %s given"
                    .formatted(
                        count(parameters.size(), "parameter", "parameters"),
                        count(values.size(), "value was", "values were"))
                : "Statement has parameters $%s, but %s given; the n-th is for $n"
                    .formatted(
                        String.join(", $", new TreeSet<>(parameters)),
                        count(values.size(), "value was", "values were")));
      }
      return;
    }
    for (String name : parameters) {
      if (!values.containsKey(name)) {
        throw new QueryRejectedException("Parameter $%s has no value".formatted(name));
      }
    }
    for (String name : values.keySet()) {
      if (!parameters.contains(name)) {
        throw new QueryRejectedException(
            "A value is given for parameter $%s, which the statement does not have"
                .formatted(name));
      }
    }
  }

  private static boolean isFromOneOn(Set<String> parameters) {
    return IntStream.rangeClosed(1, parameters.size())
        .mapToObj(Integer::toString)
        .allMatch(parameters::contains);
  }

  private static String count(int number, String one, String many) {
    return number + " " + (number == 1 ? one : many);
  }

  private static boolean isNumber(String name) {
    return name.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}

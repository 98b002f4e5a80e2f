package io.duckmesh.engine.query.duckdb;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which functions a statement may use. The lists are data: {@code allowed-functions.txt} names each
 * one, {@code refused-functions.txt} gives reasons; what is in neither is refused, so a function
 * that a new DuckDB brings stays out until somebody has looked at it.
 */
final class FunctionRules {
  enum Kind {
    /** Used in expressions: scalar, aggregate and window functions, macros, operators. */
    SCALAR,
    /** Used in FROM. */
    TABLE
  }

  private final Set<Allowance> allowed = new HashSet<>();
  private final List<Refusal> refusals = new ArrayList<>();

  private record Allowance(Kind kind, String name) {}

  private record Refusal(Kind kind, Pattern name, String reason) {}

  private FunctionRules() {}

  static FunctionRules load() {
    FunctionRules rules = new FunctionRules();
    for (String line : lines("allowed-functions.txt")) {
      String[] parts = line.split(" ", 2);
      rules.allowed.add(new Allowance(kind(parts[0]), parts[1]));
    }
    for (String line : lines("refused-functions.txt")) {
      String[] parts = line.split(" ", 3);
      Pattern name = Pattern.compile(Pattern.quote(parts[1]).replace("*", "\\E.*\\Q"));
      rules.refusals.add(new Refusal(kind(parts[0]), name, parts[2]));
    }
    return rules;
  }

  private static Kind kind(String text) {
    return Kind.valueOf(text.toUpperCase(Locale.ROOT));
  }

  private static List<String> lines(String resource) {
    try (InputStream stream = FunctionRules.class.getResourceAsStream(resource)) {
      if (stream == null) {
        throw new IllegalStateException("Resource is missing: " + resource);
      }
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
      return reader.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read resource " + resource, e);
    }
  }

  boolean allows(Kind kind, String name) {
    return allowed.contains(new Allowance(kind, DuckDbSql.foldCase(name)));
  }

  /** Why the function is kept out, as the end of a sentence that begins with "it". */
  Optional<String> reasonAgainst(Kind kind, String name) {
    String folded = DuckDbSql.foldCase(name);
    return refusals.stream()
        .filter(refusal -> refusal.kind == kind && refusal.name.matcher(folded).matches())
        .map(Refusal::reason)
        .findFirst();
  }
}

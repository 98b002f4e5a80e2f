package io.duckmesh.engine.schema;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** How names are written in SQL and type texts. */
public final class Identifiers {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /** DuckDB's keywords that are no names without quotes. */
  private static final Set<String> KEYWORDS =
      Set.of(
          """
          all analyse analyze and anti any array as asc asof asymmetric at authorization binary
          both by case cast check collate collation column columns concurrently constraint
          create cross default deferrable desc describe distinct do else end except false fetch
          for foreign freeze from full generated glob group having ilike in initially inner
          intersect into is isnull join lambda lateral leading left like limit map natural not
          notnull null offset on only or order outer overlaps pivot pivot_longer pivot_wider
          placing positional primary qualify references returning right select semi show similar
          some struct summarize symmetric table tablesample then to trailing true try_cast tuple
          union unique unpack unpivot using variadic verbose when where window with
          """
              .strip()
              .split("\\s+"));

  private Identifiers() {}

  /** The name in double quotes, with quotes inside doubled. */
  public static String quote(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** The name as it is where SQL reads it so, else in double quotes. */
  public static String quoteIfNeeded(String name) {
    boolean plain =
        PLAIN.matcher(name).matches() && !KEYWORDS.contains(name.toLowerCase(Locale.ROOT));
    return plain ? name : quote(name);
  }
}

package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.schema.Identifiers;

/** Types of answers in the words of table descriptions, which are DuckDB's shorter ones. */
final class TypeNames {
  private static final String LONG_INSTANT = "TIMESTAMP WITH TIME ZONE";
  private static final String LONG_REAL = "FLOAT";

  private static final String ENUM_WITH_WORDS = "ENUM(";

  private TypeNames() {}

  /**
   * The driver's text of a type, with our names, also within other types, and with quotes only
   * around the names that need them.
   */
  static String of(String driverName) {
    if (driverName.equals("\"NULL\"")) {
      return "NULL";
    }
    StringBuilder text = new StringBuilder(driverName.length());
    int at = 0;
    while (at < driverName.length()) {
      char c = driverName.charAt(at);
      if (c == '"' || c == '\'') {
        int end = endOfQuoted(driverName, at);
        String quoted = driverName.substring(at, end);
        text.append(c == '"' ? Identifiers.quoteIfNeeded(unquoted(quoted)) : quoted);
        at = end;
      } else if (driverName.startsWith(LONG_INSTANT, at)) {
        text.append("TIMESTAMPTZ");
        at += LONG_INSTANT.length();
      } else if (driverName.startsWith(LONG_REAL, at)) {
        text.append("REAL");
        at += LONG_REAL.length();
      } else if (driverName.startsWith(ENUM_WITH_WORDS, at)) {
        // Alone it comes without its words, so it does within lists and structs.
        text.append("ENUM");
        at = endOfWords(driverName, at + ENUM_WITH_WORDS.length());
      } else {
        text.append(c);
        at++;
      }
    }
    return text.toString();
  }

  /** Behind the parenthesis that ends the words of an ENUM. */
  private static int endOfWords(String text, int start) {
    int at = start;
    while (at < text.length() && text.charAt(at) != ')') {
      at = text.charAt(at) == '\'' ? endOfQuoted(text, at) : at + 1;
    }
    return Math.min(at + 1, text.length());
  }

  /** Behind the quote that ends what begins with one; a doubled quote is part of it. */
  private static int endOfQuoted(String text, int start) {
    char quote = text.charAt(start);
    int at = start + 1;
    while (at < text.length()) {
      if (text.charAt(at) != quote) {
        at++;
      } else if (at + 1 < text.length() && text.charAt(at + 1) == quote) {
        at += 2;
      } else {
        return at + 1;
      }
    }
    return at;
  }

  private static String unquoted(String quoted) {
    return quoted.substring(1, quoted.length() - 1).replace("\"\"", "\"");
  }
}

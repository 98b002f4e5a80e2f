package io.duckmesh.engine.schema;

import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.ColumnType.StructField;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Reads type texts such as {@code DECIMAL(18,2)[]}; {@code toString()} of the type writes them. */
public final class TypeParser {
  /** Deepest nesting of lists and structs. */
  public static final int MAX_DEPTH = 16;

  /** Longest text that is read, in characters. */
  public static final int MAX_LENGTH = 10_000;

  private static final Map<String, Primitive> NAMES =
      Map.ofEntries(
          Map.entry("BOOLEAN", Primitive.BOOLEAN),
          Map.entry("BOOL", Primitive.BOOLEAN),
          Map.entry("LOGICAL", Primitive.BOOLEAN),
          Map.entry("SMALLINT", Primitive.SMALLINT),
          Map.entry("INT2", Primitive.SMALLINT),
          Map.entry("INT16", Primitive.SMALLINT),
          Map.entry("SHORT", Primitive.SMALLINT),
          Map.entry("INTEGER", Primitive.INTEGER),
          Map.entry("INT", Primitive.INTEGER),
          Map.entry("INT4", Primitive.INTEGER),
          Map.entry("INT32", Primitive.INTEGER),
          Map.entry("SIGNED", Primitive.INTEGER),
          Map.entry("BIGINT", Primitive.BIGINT),
          Map.entry("INT8", Primitive.BIGINT),
          Map.entry("INT64", Primitive.BIGINT),
          Map.entry("LONG", Primitive.BIGINT),
          Map.entry("REAL", Primitive.REAL),
          Map.entry("FLOAT", Primitive.REAL),
          Map.entry("FLOAT4", Primitive.REAL),
          Map.entry("DOUBLE", Primitive.DOUBLE),
          Map.entry("FLOAT8", Primitive.DOUBLE),
          Map.entry("VARCHAR", Primitive.VARCHAR),
          Map.entry("TEXT", Primitive.VARCHAR),
          Map.entry("STRING", Primitive.VARCHAR),
          Map.entry("CHAR", Primitive.VARCHAR),
          Map.entry("BPCHAR", Primitive.VARCHAR),
          Map.entry("DATE", Primitive.DATE),
          Map.entry("TIME", Primitive.TIME),
          Map.entry("TIMESTAMP", Primitive.TIMESTAMP),
          Map.entry("DATETIME", Primitive.TIMESTAMP),
          Map.entry("TIMESTAMPTZ", Primitive.TIMESTAMPTZ),
          Map.entry("UUID", Primitive.UUID),
          Map.entry("GUID", Primitive.UUID),
          Map.entry("BLOB", Primitive.BLOB),
          Map.entry("BYTEA", Primitive.BLOB),
          Map.entry("BINARY", Primitive.BLOB),
          Map.entry("VARBINARY", Primitive.BLOB),
          Map.entry("JSON", Primitive.JSON));

  private final String text;
  private int at;

  private TypeParser(String text) {
    this.text = text;
  }

  /**
   * Reads a type in any case, under its name or one of DuckDB's aliases for it.
   *
   * <p>DECIMAL without digits is DECIMAL(18,3), as in DuckDB. Names of struct fields keep their
   * case, and differ also when case is ignored.
   *
   * @throws IllegalArgumentException if the text is not a type that columns may have; the message
   *     says where and why
   */
  public static ColumnType parse(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "Type text has %d characters, at most %d are possible"
              .formatted(text.length(), MAX_LENGTH));
    }
    TypeParser parser = new TypeParser(text);
    ColumnType type = parser.type(0);
    parser.skipBlanks();
    if (parser.at < text.length()) {
      throw parser.failure("the end");
    }
    return type;
  }

  private ColumnType type(int depth) {
    checkDepth(depth);
    skipBlanks();
    int start = at;
    ColumnType type =
        switch (word()) {
          case "" -> throw failure("a type");
          case "DECIMAL", "NUMERIC", "DEC" -> decimal();
          case "STRUCT", "ROW" -> struct(depth);
          case "DOUBLE" -> {
            takeWord("PRECISION");
            yield Primitive.DOUBLE;
          }
          case "TIMESTAMP" -> takeZone() ? Primitive.TIMESTAMPTZ : Primitive.TIMESTAMP;
          case "TIME" -> {
            if (takeZone()) {
              throw failure("TIME without time zone");
            }
            yield Primitive.TIME;
          }
          default -> primitive(text.substring(start, at));
        };
    int lists = 0;
    skipBlanks();
    while (take('[')) {
      skipBlanks();
      if (!take(']')) {
        throw failure("']' (lists have any length)");
      }
      checkDepth(depth + ++lists);
      type = new ListOf(type);
      skipBlanks();
    }
    return type;
  }

  private Primitive primitive(String name) {
    Primitive primitive = NAMES.get(name.toUpperCase(Locale.ROOT));
    if (primitive == null) {
      throw new IllegalArgumentException(
          "Unknown type '%s'; types are %s".formatted(name, possibleTypes()));
    }
    skipBlanks();
    if (primitive == Primitive.VARCHAR && peek() == '(') {
      throw failure("VARCHAR without a length (lengths are not limited)");
    }
    return primitive;
  }

  private static String possibleTypes() {
    return "BOOLEAN, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, DECIMAL(p,s), VARCHAR, DATE, TIME,"
        + " TIMESTAMP, TIMESTAMPTZ, UUID, BLOB, JSON, lists such as INTEGER[] and"
        + " STRUCT(name TYPE, ...)";
  }

  private void checkDepth(int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException(
          "Type '%s' is nested more than %d deep".formatted(text, MAX_DEPTH));
    }
  }

  private Decimal decimal() {
    skipBlanks();
    if (!take('(')) {
      return new Decimal(18, 3);
    }
    int precision = number();
    skipBlanks();
    int scale = 0;
    if (take(',')) {
      scale = number();
      skipBlanks();
    }
    expect(')');
    return new Decimal(precision, scale);
  }

  private Struct struct(int depth) {
    skipBlanks();
    expect('(');
    List<StructField> fields = new ArrayList<>();
    Set<String> names = new HashSet<>();
    do {
      skipBlanks();
      String name = fieldName();
      if (!names.add(name.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException(
            "Type '%s' has two fields named '%s'".formatted(text, name));
      }
      fields.add(new StructField(name, type(depth + 1)));
      skipBlanks();
    } while (take(','));
    expect(')');
    return new Struct(fields);
  }

  /** Takes WITH TIME ZONE or WITHOUT TIME ZONE if it is there; true for the first. */
  private boolean takeZone() {
    boolean with = takeWord("WITH");
    if (!with && !takeWord("WITHOUT")) {
      return false;
    }
    if (!takeWord("TIME") || !takeWord("ZONE")) {
      throw failure("TIME ZONE");
    }
    return with;
  }

  private boolean takeWord(String expected) {
    int start = at;
    skipBlanks();
    if (word().equals(expected)) {
      return true;
    }
    at = start;
    return false;
  }

  private String fieldName() {
    if (peek() != '"') {
      int start = at;
      if (word().isEmpty()) {
        throw failure("a field name");
      }
      return text.substring(start, at);
    }
    StringBuilder name = new StringBuilder();
    at++;
    while (true) {
      int quote = text.indexOf('"', at);
      if (quote < 0) {
        throw failure("a closing quote");
      }
      name.append(text, at, quote);
      at = quote + 1;
      if (!take('"')) {
        break;
      }
      name.append('"');
    }
    if (name.isEmpty()) {
      throw failure("a field name that is not empty");
    }
    return name.toString();
  }

  /** Takes letters, digits and underscores, and gives them in upper case; empty without any. */
  private String word() {
    int start = at;
    while (at < text.length() && isWordCharacter(text.charAt(at))) {
      at++;
    }
    return text.substring(start, at).toUpperCase(Locale.ROOT);
  }

  private static boolean isWordCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  private int number() {
    skipBlanks();
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == start || at - start > 3) {
      at = start;
      throw failure("a number of digits");
    }
    return Integer.parseInt(text, start, at, 10);
  }

  private boolean take(char c) {
    if (peek() != c) {
      return false;
    }
    at++;
    return true;
  }

  private void expect(char c) {
    if (!take(c)) {
      throw failure("'" + c + "'");
    }
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private void skipBlanks() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private IllegalArgumentException failure(String expected) {
    return new IllegalArgumentException(
        "Type '%s' at character %d: expected %s".formatted(text, at + 1, expected));
  }
}

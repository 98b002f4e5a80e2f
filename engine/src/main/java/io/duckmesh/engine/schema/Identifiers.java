package io.duckmesh.engine.schema;

/** How names are written in SQL and type texts. */
public final class Identifiers {
  private Identifiers() {}

  /** The name in double quotes, with quotes inside doubled. */
  public static String quote(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}

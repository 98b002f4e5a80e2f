package io.duckmesh.engine.schema;

/**
 * Values as text that keeps them exactly: the form of statistics in the catalog. Numbers are plain
 * decimal digits (REAL and DOUBLE the shortest that reads back as the same number), DATE is {@code
 * 2026-01-31}, TIME {@code 12:34:56.000001}, TIMESTAMP {@code 2026-01-31T12:34:56.000001},
 * TIMESTAMPTZ the same with {@code Z}, BOOLEAN {@code true} or {@code false}, UUID lower-case,
 * VARCHAR itself. Fractions of a second lack zeros at their end.
 */
public final class ValueText {
  private ValueText() {}
}

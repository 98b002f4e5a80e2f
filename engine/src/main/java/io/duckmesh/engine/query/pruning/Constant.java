package io.duckmesh.engine.query.pruning;

import static java.util.Objects.requireNonNull;

/**
 * A value that a statement compares a column with.
 *
 * @param text plain digits for {@link Kind#NUMBER}, what {@link Double#parseDouble} reads for
 *     {@link Kind#FLOATING}, {@code true} or {@code false}, else the text as written
 */
public record Constant(Kind kind, String text) {
  /** What the statement says of the value's type. */
  public enum Kind {
    /** An exact number, with or without a fraction. */
    NUMBER,
    FLOATING,
    BOOLEAN,
    /** A text without a type, which takes the one of the column that it is compared with. */
    UNTYPED,
    VARCHAR,
    DATE,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID
  }

  public Constant {
    requireNonNull(kind, "kind is null");
    requireNonNull(text, "text is null");
  }
}

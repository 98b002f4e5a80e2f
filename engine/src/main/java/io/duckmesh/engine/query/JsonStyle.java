package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

/**
 * How JSON and NDJSON answers write numbers with more digits than many readers keep. Strings hold
 * the same digits as the numbers would.
 *
 * @param integers those of types with 64 bits or more, also within lists and structs; smaller
 *     integers are always numbers
 * @param decimals those of type DECIMAL, also within lists and structs
 */
public record JsonStyle(Numbers integers, Numbers decimals) {
  /** The two ways. */
  public enum Numbers {
    NUMBER,
    STRING
  }

  /** All numbers are numbers. */
  public static final JsonStyle NUMBERS = new JsonStyle(Numbers.NUMBER, Numbers.NUMBER);

  public JsonStyle {
    requireNonNull(integers, "integers is null");
    requireNonNull(decimals, "decimals is null");
  }
}

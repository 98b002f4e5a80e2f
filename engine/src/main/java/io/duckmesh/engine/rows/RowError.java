package io.duckmesh.engine.rows;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a row, or a body as a whole, was refused.
 *
 * @param row number of the row in its request, from 1 (NDJSON: the line); {@link #WHOLE_BODY} if
 *     the body as a whole is wrong
 * @param column the column, with the path inside a nested value, null if the row as a whole is
 *     wrong
 * @param value the value as it was sent, cut to 100 characters, null if there was none
 * @param rule what was expected, for example {@code INTEGER is -2147483648 to 2147483647}
 */
public record RowError(long row, @Nullable String column, @Nullable String value, String rule) {
  /** Stands for the number of a row where no single row is wrong. */
  public static final long WHOLE_BODY = 0;

  public RowError {
    requireNonNull(rule, "rule is null");
  }

  /** The error in words, for example {@code row 2, column a, value "x": INTEGER is a number}. */
  public String describe() {
    List<String> place = new ArrayList<>();
    if (row != WHOLE_BODY) {
      place.add("row " + row);
    }
    if (column != null) {
      place.add("column " + column);
    }
    if (value != null) {
      place.add("value " + value);
    }
    return place.isEmpty() ? rule : String.join(", ", place) + ": " + rule;
  }
}

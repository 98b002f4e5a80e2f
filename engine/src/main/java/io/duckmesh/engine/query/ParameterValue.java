package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.rows.CastText;
import io.duckmesh.engine.rows.InvalidRowsException;
import io.duckmesh.engine.schema.ColumnType;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** One value for a parameter of a statement. */
public sealed interface ParameterValue {

  /**
   * A value whose type follows from what it is: null, Boolean (BOOLEAN), Long (BIGINT), Double
   * (DOUBLE), BigDecimal (DECIMAL of its digits, at most 38) or String (VARCHAR).
   */
  record Plain(@Nullable Object value) implements ParameterValue {
    private static final int MAX_DIGITS = 38;

    public Plain {
      switch (value) {
        case BigDecimal decimal -> {
          long scale = decimal.scale();
          long whole = decimal.precision() - scale;
          if (Math.max(whole, 0) + Math.max(scale, 0) > MAX_DIGITS) {
            throw new IllegalArgumentException(
                "A number has at most %d digits as a DECIMAL".formatted(MAX_DIGITS));
          }
          value = scale < 0 ? decimal.setScale(0) : decimal;
        }
        case null -> {}
        case Boolean bool -> {}
        case Long integer -> {}
        case Double real -> {}
        case String text -> {}
        default ->
            throw new IllegalArgumentException(
                "A parameter can not be a " + value.getClass().getName());
      }
    }
  }

  /**
   * A value of a given type.
   *
   * @param text the value as {@link CastText} writes it, null for NULL
   */
  record Typed(ColumnType type, @Nullable String text) implements ParameterValue {
    public Typed {
      requireNonNull(type, "type is null");
    }

    /**
     * Reads a JSON text as a value of the type, as rows are read: nothing is rounded or cut.
     *
     * @throws InvalidRowsException if it does not fit; its one error names value and rule, and its
     *     column is the place in the value
     */
    public static Typed fromJson(ColumnType type, String json) {
      return new Typed(type, CastText.fromJson(type, json));
    }
  }
}

package io.duckmesh.engine.query.pruning;

import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import java.util.Arrays;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Bounds of REAL and DOUBLE. DuckDB turns a constant into one of the two with roundings of its own,
 * so a constant stands here for all numbers close to it.
 */
final class DoubleBounds extends FileBounds {
  private final Primitive type;
  private double[] lower = new double[0];
  private double[] upper = new double[0];

  DoubleBounds(Primitive type) {
    this.type = type;
  }

  @Override
  void growBounds(int size) {
    lower = Arrays.copyOf(lower, size);
    upper = Arrays.copyOf(upper, size);
  }

  @Override
  void copyBounds(int file, FileBounds other, int from) {
    DoubleBounds doubles = (DoubleBounds) other;
    lower[file] = doubles.lower[from];
    upper[file] = doubles.upper[from];
  }

  @Override
  boolean setLower(int file, ColumnType writtenAs, String min) {
    lower[file] = read(writtenAs, min);
    return !Double.isNaN(lower[file]);
  }

  @Override
  boolean setUpper(int file, ColumnType writtenAs, String max) {
    upper[file] = read(writtenAs, max);
    return !Double.isNaN(upper[file]);
  }

  private double read(ColumnType writtenAs, String text) {
    try {
      // The text of a REAL names that REAL, not the DOUBLE of the same digits.
      if (writtenAs == Primitive.REAL) {
        return Float.parseFloat(text);
      }
      return writtenAs == type ? Double.parseDouble(text) : Double.NaN;
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  @Override
  @Nullable IntPredicate mayHold(Operator operator, Constant constant) {
    double value;
    switch (constant.kind()) {
      case NUMBER, FLOATING -> {
        try {
          value = Double.parseDouble(constant.text());
        } catch (NumberFormatException e) {
          return null;
        }
      }
      default -> {
        return null;
      }
    }
    if (Double.isNaN(value)) {
      return null;
    }
    double low = type == Primitive.REAL ? below((float) value) : below(value);
    double high = type == Primitive.REAL ? above((float) value) : above(value);
    return switch (operator) {
      case EQUAL -> file -> notAbove(file, high) && notBelow(file, low);
      case LESS, LESS_OR_EQUAL -> file -> notAbove(file, high);
      case GREATER, GREATER_OR_EQUAL -> file -> notBelow(file, low);
    };
  }

  private boolean notAbove(int file, double high) {
    return !hasLower(file) || lower[file] <= high;
  }

  private boolean notBelow(int file, double low) {
    return !hasUpper(file) || upper[file] >= low;
  }

  private static double below(double value) {
    return Math.nextDown(Math.nextDown(value));
  }

  private static double below(float value) {
    return Math.nextDown(Math.nextDown(value));
  }

  private static double above(double value) {
    return Math.nextUp(Math.nextUp(value));
  }

  private static double above(float value) {
    return Math.nextUp(Math.nextUp(value));
  }

  @Override
  long weight() {
    return super.weight() + 16L * lower.length;
  }
}

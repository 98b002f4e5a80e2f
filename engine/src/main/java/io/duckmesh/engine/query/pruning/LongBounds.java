package io.duckmesh.engine.query.pruning;

import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Bounds of types whose values are whole numbers of some unit: integers, decimals in units of their
 * last digit, days, microseconds. A bound that no long holds is none.
 */
final class LongBounds extends FileBounds {
  /** Plain digits, which mean the same number to everybody. */
  private static final Pattern DIGITS = Pattern.compile("-?\\d{1,38}(\\.\\d{1,38})?");

  /** Beyond it not every whole number is a DOUBLE. */
  private static final double EXACT = 1L << 53;

  private final ColumnType type;
  private final int scale;
  private long[] lower = new long[0];
  private long[] upper = new long[0];

  /**
   * @param scale digits after the point that one unit stands for
   */
  LongBounds(ColumnType type, int scale) {
    this.type = type;
    this.scale = scale;
  }

  @Override
  void growBounds(int size) {
    lower = Arrays.copyOf(lower, size);
    upper = Arrays.copyOf(upper, size);
  }

  @Override
  void copyBounds(int file, FileBounds other, int from) {
    LongBounds longs = (LongBounds) other;
    lower[file] = longs.lower[from];
    upper[file] = longs.upper[from];
  }

  @Override
  boolean setLower(int file, ColumnType writtenAs, String min) {
    Units units = read(writtenAs, min);
    lower[file] = units == null ? 0 : units.floor();
    return units != null && units.fits();
  }

  @Override
  boolean setUpper(int file, ColumnType writtenAs, String max) {
    Units units = read(writtenAs, max);
    upper[file] = units == null ? 0 : units.ceiling();
    return units != null && units.fits();
  }

  /** A value in the column's units: the whole numbers next to it, which are one if it is whole. */
  private record Units(long floor, long ceiling) {
    static final BigInteger MIN = BigInteger.valueOf(Long.MIN_VALUE);
    static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

    static Units of(BigDecimal value, int scale) {
      BigDecimal scaled = value.movePointRight(scale);
      return new Units(
          saturated(scaled.setScale(0, RoundingMode.FLOOR).unscaledValue()),
          saturated(scaled.setScale(0, RoundingMode.CEILING).unscaledValue()));
    }

    static Units exactly(long units) {
      return new Units(units, units);
    }

    /** The ends stand for themselves and all beyond them. */
    boolean fits() {
      return floor > Long.MIN_VALUE && ceiling < Long.MAX_VALUE;
    }

    private static long saturated(BigInteger value) {
      return value.min(MAX).max(MIN).longValueExact();
    }
  }

  private @Nullable Units read(ColumnType writtenAs, String text) {
    if (writtenAs instanceof Decimal) {
      return type instanceof Decimal ? number(text) : null;
    }
    if (!(writtenAs instanceof Primitive written)) {
      return null;
    }
    return switch (written) {
      case SMALLINT, INTEGER, BIGINT -> isNumber() ? number(text) : null;
      case BOOLEAN, DATE, TIME, TIMESTAMP, TIMESTAMPTZ ->
          written == type
              ? switch (written) {
                case BOOLEAN -> bool(text);
                case DATE -> exact(TemporalBounds.day(text));
                case TIME -> exact(TemporalBounds.time(text));
                case TIMESTAMP -> exact(TemporalBounds.timestamp(text));
                default -> exact(TemporalBounds.timestamptz(text));
              }
              : null;
      default -> null;
    };
  }

  private boolean isNumber() {
    return type instanceof Decimal
        || type == Primitive.SMALLINT
        || type == Primitive.INTEGER
        || type == Primitive.BIGINT;
  }

  private @Nullable Units number(String text) {
    return DIGITS.matcher(text).matches() ? Units.of(new BigDecimal(text), scale) : null;
  }

  private static @Nullable Units bool(String text) {
    return switch (text) {
      case "true" -> Units.exactly(1);
      case "false" -> Units.exactly(0);
      default -> null;
    };
  }

  private static @Nullable Units exact(OptionalLong value) {
    return value.isEmpty() ? null : Units.exactly(value.getAsLong());
  }

  @Override
  @Nullable IntPredicate mayHold(Operator operator, Constant constant) {
    Units units = units(constant);
    if (units == null) {
      return null;
    }
    long floor = units.floor();
    long ceiling = units.ceiling();
    return switch (operator) {
      case EQUAL -> file -> lower(file) <= floor && upper(file) >= ceiling;
      case LESS -> file -> lower(file) < ceiling || lower(file) == Long.MIN_VALUE;
      case LESS_OR_EQUAL -> file -> lower(file) <= floor;
      case GREATER -> file -> upper(file) > floor || upper(file) == Long.MAX_VALUE;
      case GREATER_OR_EQUAL -> file -> upper(file) >= ceiling;
    };
  }

  private long lower(int file) {
    return hasLower(file) ? lower[file] : Long.MIN_VALUE;
  }

  private long upper(int file) {
    return hasUpper(file) ? upper[file] : Long.MAX_VALUE;
  }

  /** The constant as DuckDB would compare it with this column; null where that is not plain. */
  private @Nullable Units units(Constant constant) {
    String text = constant.text();
    if (type instanceof Primitive primitive && !isNumber()) {
      return switch (primitive) {
        case BOOLEAN -> constant.kind() == Constant.Kind.BOOLEAN ? bool(text) : null;
        case DATE -> date(constant);
        case TIME ->
            switch (constant.kind()) {
              case TIME, UNTYPED -> exact(TemporalBounds.time(text));
              default -> null;
            };
        case TIMESTAMP ->
            switch (constant.kind()) {
              case DATE -> midnight(text);
              case TIMESTAMP, UNTYPED -> exact(TemporalBounds.timestamp(text));
              case TIMESTAMPTZ -> exact(TemporalBounds.timestamptz(text));
              default -> null;
            };
        case TIMESTAMPTZ ->
            switch (constant.kind()) {
              case DATE -> midnight(text);
              case TIMESTAMP -> exact(TemporalBounds.timestamp(text));
              case TIMESTAMPTZ, UNTYPED -> exact(TemporalBounds.timestamptz(text));
              default -> null;
            };
        default -> null;
      };
    }
    return switch (constant.kind()) {
      case NUMBER -> number(text);
      case FLOATING -> floating(text);
      case UNTYPED -> untypedNumber(text);
      default -> null;
    };
  }

  /** A time within a day is between that day and the next. */
  private static @Nullable Units date(Constant constant) {
    OptionalLong micros =
        switch (constant.kind()) {
          case TIMESTAMP -> TemporalBounds.timestamp(constant.text());
          case TIMESTAMPTZ -> TemporalBounds.timestamptz(constant.text());
          default -> OptionalLong.empty();
        };
    if (micros.isPresent()) {
      return new Units(
          Math.floorDiv(micros.getAsLong(), TemporalBounds.MICROS_PER_DAY),
          Math.ceilDiv(micros.getAsLong(), TemporalBounds.MICROS_PER_DAY));
    }
    return switch (constant.kind()) {
      case DATE, UNTYPED -> exact(TemporalBounds.day(constant.text()));
      default -> null;
    };
  }

  private static @Nullable Units midnight(String date) {
    return TemporalBounds.day(date).isPresent() ? exact(TemporalBounds.timestamp(date)) : null;
  }

  /** A decimal becomes a DOUBLE by a rounding; a whole number of that size is one. */
  private @Nullable Units floating(String text) {
    if (type instanceof Decimal) {
      return null;
    }
    try {
      double value = Double.parseDouble(text);
      return Math.abs(value) <= EXACT ? Units.of(new BigDecimal(value), 0) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** A text is cast to the column's type, which rounds what has more digits than that. */
  private @Nullable Units untypedNumber(String text) {
    int point = text.indexOf('.');
    int places = point < 0 ? 0 : text.length() - point - 1;
    return places <= scale ? number(text) : null;
  }

  @Override
  long weight() {
    return super.weight() + 16L * lower.length;
  }
}

package io.duckmesh.engine.schema;

import io.duckmesh.engine.schema.ColumnType.Decimal;
import io.duckmesh.engine.schema.ColumnType.ListOf;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;

/** Which types hold all values of another one exactly. */
public final class Widening {
  private Widening() {}

  /** Whether a column of the first type may become one of the second. */
  public static boolean widens(ColumnType source, ColumnType target) {
    return switch (target) {
      case Primitive primitive -> widensTo(source, primitive);
      case Decimal decimal -> widensTo(source, decimal);
      case ListOf list ->
          source instanceof ListOf sourceList && widens(sourceList.element(), list.element());
      case Struct struct -> source.equals(struct);
    };
  }

  private static boolean widensTo(ColumnType source, Primitive target) {
    if (source == target) {
      return true;
    }
    return switch (target) {
      case INTEGER -> source == Primitive.SMALLINT;
      case BIGINT -> source == Primitive.SMALLINT || source == Primitive.INTEGER;
      case DOUBLE ->
          source == Primitive.SMALLINT || source == Primitive.INTEGER || source == Primitive.REAL;
      case BOOLEAN, SMALLINT, REAL, VARCHAR, DATE, TIME, TIMESTAMP, TIMESTAMPTZ, UUID, BLOB, JSON ->
          false;
    };
  }

  private static boolean widensTo(ColumnType source, Decimal target) {
    int scale = source instanceof Decimal decimal ? decimal.scale() : 0;
    int digits =
        switch (source) {
          case Decimal decimal -> decimal.precision() - decimal.scale();
          case Primitive primitive ->
              switch (primitive) {
                case SMALLINT -> 5;
                case INTEGER -> 10;
                case BIGINT -> 19;
                default -> Integer.MAX_VALUE;
              };
          default -> Integer.MAX_VALUE;
        };
    return scale <= target.scale() && digits <= target.precision() - target.scale();
  }
}

package io.duckmesh.engine.schema;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Type of a column, under DuckDB's names. {@link #toString()} gives the canonical text, which
 * {@link TypeParser#parse} reads back.
 */
public sealed interface ColumnType {

  /**
   * Types without parameters. Times are in microseconds; TIMESTAMPTZ is an instant, kept in UTC.
   */
  enum Primitive implements ColumnType {
    BOOLEAN,
    SMALLINT,
    INTEGER,
    BIGINT,
    REAL,
    DOUBLE,
    VARCHAR,
    DATE,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    BLOB,
    JSON
  }

  /** Exact number of {@code precision} digits (1 to 38), {@code scale} of them after the point. */
  record Decimal(int precision, int scale) implements ColumnType {
    public Decimal {
      if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
        throw new IllegalArgumentException(
            "DECIMAL(%d,%d) is not possible: precision is 1 to 38, scale 0 to precision"
                .formatted(precision, scale));
      }
    }

    @Override
    public String toString() {
      return "DECIMAL(" + precision + "," + scale + ")";
    }
  }

  /** Any number of values of one type, null included. */
  record ListOf(ColumnType element) implements ColumnType {
    public ListOf {
      requireNonNull(element, "element is null");
    }

    @Override
    public String toString() {
      return element + "[]";
    }
  }

  /** Named values, each of its own type and perhaps null. */
  record Struct(List<StructField> fields) implements ColumnType {
    public Struct {
      fields = List.copyOf(fields);
      if (fields.isEmpty()) {
        throw new IllegalArgumentException("STRUCT has no fields");
      }
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder("STRUCT(");
      for (int i = 0; i < fields.size(); i++) {
        text.append(i == 0 ? "" : ", ").append(Identifiers.quoteIfNeeded(fields.get(i).name()));
        text.append(' ').append(fields.get(i).type());
      }
      return text.append(')').toString();
    }
  }

  /** One field of a struct. */
  record StructField(String name, ColumnType type) {
    public StructField {
      requireNonNull(name, "name is null");
      requireNonNull(type, "type is null");
    }
  }
}

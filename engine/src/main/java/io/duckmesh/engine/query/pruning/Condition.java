package io.duckmesh.engine.query.pruning;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What a statement asks of one row of a table. A name that is no column of the table, and whatever
 * is not known for certain, may be true of any row.
 */
public sealed interface Condition {
  /** May be true of any row. */
  record Unknown() implements Condition {
    public static final Unknown INSTANCE = new Unknown();
  }

  /** A comparison, true only of rows that have a value in the column. */
  record Compared(String column, Operator operator, Operand operand) implements Condition {
    public Compared {
      requireNonNull(column, "column is null");
      requireNonNull(operator, "operator is null");
      requireNonNull(operand, "operand is null");
    }
  }

  /**
   * A column between two values, both included. The three are compared in one type, so what is
   * known of each comparison alone does not count for the two together.
   */
  record Between(String column, Operand lower, Operand upper) implements Condition {
    public Between {
      requireNonNull(column, "column is null");
      requireNonNull(lower, "lower is null");
      requireNonNull(upper, "upper is null");
    }
  }

  /** A column equal to one of several values, all compared in one type. */
  record OneOf(String column, List<Operand> values) implements Condition {
    public OneOf {
      requireNonNull(column, "column is null");
      values = List.copyOf(values);
    }
  }

  record IsNull(String column) implements Condition {
    public IsNull {
      requireNonNull(column, "column is null");
    }
  }

  /** True only of rows that have a value in the column, and perhaps not of all of them. */
  record HasValue(String column) implements Condition {
    public HasValue {
      requireNonNull(column, "column is null");
    }
  }

  /** A BOOLEAN column by itself; of a column of another type nothing is known. */
  record IsTrue(String column) implements Condition {
    public IsTrue {
      requireNonNull(column, "column is null");
    }
  }

  record All(List<Condition> parts) implements Condition {
    public All {
      parts = List.copyOf(parts);
    }
  }

  record Any(List<Condition> parts) implements Condition {
    public Any {
      parts = List.copyOf(parts);
    }
  }
}

package io.duckmesh.engine.query.pruning;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * One place where a statement reads a table, with conditions that hold together: of the table's
 * rows only those that may meet all of them bear on the answer.
 */
public record Scan(List<Filter> filters) {
  public Scan {
    filters = List.copyOf(filters);
  }

  /**
   * A condition of a scan.
   *
   * @param onlyIfNullsFail whether it counts only if it is not true of a row of nulls: behind an
   *     outer join that makes such rows, leaving out a row of the table could make one more of them
   */
  public record Filter(Condition condition, boolean onlyIfNullsFail) {
    public Filter {
      requireNonNull(condition, "condition is null");
    }
  }
}

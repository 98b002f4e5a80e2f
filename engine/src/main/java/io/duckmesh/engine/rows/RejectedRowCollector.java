package io.duckmesh.engine.rows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What becomes of rows that do not fit: errors of their whole body, or rows of their own. */
final class RejectedRowCollector {
  private final boolean keeping;
  private final List<RejectedRow> rows = new ArrayList<>();

  private RejectedRowCollector(boolean keeping) {
    this.keeping = keeping;
  }

  /** Leaves the errors where they are. */
  static RejectedRowCollector refusing() {
    return new RejectedRowCollector(false);
  }

  /** Takes the rows, and their errors away from the body's. */
  static RejectedRowCollector keeping() {
    return new RejectedRowCollector(true);
  }

  /** Takes the current row, with the errors since there were {@code earlierErrors}. */
  void take(RowErrors errors, long earlierErrors, byte[] text, int from, int to) {
    if (keeping) {
      rows.add(
          new RejectedRow(
              errors.row(), errors.since(earlierErrors), Arrays.copyOfRange(text, from, to)));
      errors.rollback(earlierErrors);
    }
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  List<RejectedRow> rows() {
    return List.copyOf(rows);
  }
}

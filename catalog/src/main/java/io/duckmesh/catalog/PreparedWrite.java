package io.duckmesh.catalog;

import java.util.List;

/**
 * Everything that committing a write makes visible at once.
 *
 * @param files the finished files, each registered as pending before
 * @param counts per table of the batch; the sum, with the rows of outcomes that have no table, is
 *     the number of its events
 * @param outcomes segments that did not simply become visible
 */
public record PreparedWrite(
    List<DataFile> files, List<TableCounts> counts, List<SegmentOutcome> outcomes) {
  public PreparedWrite {
    files = List.copyOf(files);
    counts = List.copyOf(counts);
    outcomes = List.copyOf(outcomes);
  }

  /** Events in quarantine that no table counts. */
  public long tableless() {
    return outcomes.stream()
        .filter(outcome -> outcome.table() == null)
        .mapToLong(SegmentOutcome::quarantined)
        .sum();
  }
}

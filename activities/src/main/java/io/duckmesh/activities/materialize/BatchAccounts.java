package io.duckmesh.activities.materialize;

import io.duckmesh.catalog.SegmentOutcome;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the events of a batch: every event is counted once, and once more as accepted.
 */
final class BatchAccounts {
  private final Map<TableId, TableCounts> counts = new LinkedHashMap<>();
  private final List<SegmentOutcome> outcomes = new ArrayList<>();
  private long visible;
  private long duplicates;
  private long quarantined;

  /** A segment of which all but the duplicates are to become visible. */
  void landed(long position, TableId table, long rows, long duplicates) {
    add(new TableCounts(table, rows, 0, duplicates, 0));
    if (duplicates > 0) {
      outcomes.add(new SegmentOutcome(position, table, rows, duplicates, 0, null));
    }
  }

  /**
   * Rows of a data file. What becomes visible is counted from the files, apart from what was
   * accepted, so that a row that no file has shows.
   */
  void written(TableId table, long rows) {
    add(new TableCounts(table, 0, rows, 0, 0));
  }

  /** A segment that is in quarantine; of no table if it does not tell of one that exists. */
  void quarantined(long position, @Nullable TableId table, long rows, String reason) {
    if (table == null) {
      quarantined += rows;
    } else {
      add(new TableCounts(table, rows, 0, 0, rows));
    }
    outcomes.add(new SegmentOutcome(position, table, rows, 0, rows, reason));
  }

  List<TableCounts> counts() {
    return List.copyOf(counts.values());
  }

  List<SegmentOutcome> outcomes() {
    return List.copyOf(outcomes);
  }

  long visible() {
    return visible;
  }

  long duplicates() {
    return duplicates;
  }

  long quarantined() {
    return quarantined;
  }

  private void add(TableCounts added) {
    visible += added.visible();
    duplicates += added.duplicates();
    quarantined += added.quarantined();
    counts.merge(added.table(), added, TableCounts::plus);
  }
}

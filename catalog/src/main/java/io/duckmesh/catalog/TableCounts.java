package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/** What a batch, or all batches so far, did to one table: events by what became of them. */
public record TableCounts(TableId table, long visible, long duplicates, long quarantined) {
  public TableCounts {
    requireNonNull(table, "table is null");
    if (visible < 0 || duplicates < 0 || quarantined < 0) {
      throw new IllegalArgumentException(
          "Counts must not be negative: %d, %d, %d".formatted(visible, duplicates, quarantined));
    }
  }
}

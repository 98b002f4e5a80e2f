package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/**
 * What a batch, or all batches so far, did to one table: events by what became of them.
 *
 * @param accepted events of the landed segments as the log counts them; counted apart from the
 *     others, so that an event that none of them has shows
 * @param visible events that a data file has
 * @param duplicates events whose key had landed before
 * @param quarantined events that could not land
 */
public record TableCounts(
    TableId table, long accepted, long visible, long duplicates, long quarantined) {
  public TableCounts {
    requireNonNull(table, "table is null");
    if (accepted < 0 || visible < 0 || duplicates < 0 || quarantined < 0) {
      throw new IllegalArgumentException(
          "Counts must not be negative: %d, %d, %d, %d"
              .formatted(accepted, visible, duplicates, quarantined));
    }
  }

  /** Counts of which each accepted event is in one of the others. */
  public TableCounts(TableId table, long visible, long duplicates, long quarantined) {
    this(table, visible + duplicates + quarantined, visible, duplicates, quarantined);
  }

  /** Both together. */
  public TableCounts plus(TableCounts other) {
    return new TableCounts(
        table,
        accepted + other.accepted,
        visible + other.visible,
        duplicates + other.duplicates,
        quarantined + other.quarantined);
  }
}

package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What became of one segment, where that is not simply that all its rows are visible.
 *
 * @param rowCount events in the segment
 * @param duplicates of them, those whose key had landed before
 * @param quarantined of them, those that could not land
 * @param reason why they could not, null when all could
 */
public record SegmentOutcome(
    long position,
    TableId table,
    long rowCount,
    long duplicates,
    long quarantined,
    @Nullable String reason) {
  public SegmentOutcome {
    requireNonNull(table, "table is null");
    if (duplicates < 0 || quarantined < 0 || duplicates + quarantined > rowCount) {
      throw new IllegalArgumentException(
          "Outcome of position %d does not add up: %d rows, %d duplicates, %d quarantined"
              .formatted(position, rowCount, duplicates, quarantined));
    }
  }
}

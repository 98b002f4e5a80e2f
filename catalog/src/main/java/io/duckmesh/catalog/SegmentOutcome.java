package io.duckmesh.catalog;

import org.jspecify.annotations.Nullable;

/**
 * What became of one segment, where that is not simply that all its rows are visible.
 *
 * @param table whose events they are, null if the segment does not tell, or names a table that the
 *     catalog does not know: then all of them are quarantined
 * @param rowCount events in the segment
 * @param duplicates of them, those whose key had landed before
 * @param quarantined of them, those that could not land
 * @param reason why they could not, null when all could
 */
public record SegmentOutcome(
    long position,
    @Nullable TableId table,
    long rowCount,
    long duplicates,
    long quarantined,
    @Nullable String reason) {
  public SegmentOutcome {
    if (duplicates < 0 || quarantined < 0 || duplicates + quarantined > rowCount) {
      throw new IllegalArgumentException(
          "Outcome of position %d does not add up: %d rows, %d duplicates, %d quarantined"
              .formatted(position, rowCount, duplicates, quarantined));
    }
    if (table == null && quarantined < rowCount) {
      throw new IllegalArgumentException(
          "Outcome of position %d has no table, but %d of %d rows quarantined"
              .formatted(position, quarantined, rowCount));
    }
  }
}

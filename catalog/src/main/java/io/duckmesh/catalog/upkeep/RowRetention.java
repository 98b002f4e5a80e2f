package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Rows go when the value of a column is older than so long; those without a value stay.
 *
 * @param fieldId the column, of type DATE, TIMESTAMP or TIMESTAMPTZ
 */
public record RowRetention(int fieldId, Duration keep) {
  public RowRetention {
    requireNonNull(keep, "keep is null");
    if (fieldId < 1) {
      throw new IllegalArgumentException("Field id must be positive: " + fieldId);
    }
    if (keep.isNegative() || keep.isZero()) {
      throw new IllegalArgumentException("Time to keep rows must be positive: " + keep);
    }
  }
}

package io.duckmesh.engine.merge;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Rows that are too old: those whose value of a column is before a time. A TIMESTAMP counts as one
 * in UTC; a DATE is before a time when the whole day is, in UTC. A row without a value is not.
 *
 * @param fieldId the column, of type DATE, TIMESTAMP or TIMESTAMPTZ
 * @param before in whole microseconds; what is finer is cut
 */
public record RowCutoff(int fieldId, Instant before) {
  public RowCutoff {
    before = requireNonNull(before, "before is null").truncatedTo(ChronoUnit.MICROS);
    if (fieldId < 1) {
      throw new IllegalArgumentException("Field id must be positive: " + fieldId);
    }
  }
}

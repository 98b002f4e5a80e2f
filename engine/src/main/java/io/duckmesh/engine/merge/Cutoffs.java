package io.duckmesh.engine.merge;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.RowSchema;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Optional;

/** What {@link RowCutoff} means for columns and their values. */
final class Cutoffs {
  private static final long SECONDS_PER_DAY = 86_400;

  private Cutoffs() {}

  /**
   * The column of the cutoff.
   *
   * @throws IllegalArgumentException if the schema does not have it, or its type has no age
   */
  static Column column(RowCutoff cutoff, RowSchema schema) {
    Column column = Columns.find(schema, cutoff.fieldId());
    if (column.type() != Primitive.DATE
        && column.type() != Primitive.TIMESTAMP
        && column.type() != Primitive.TIMESTAMPTZ) {
      throw new IllegalArgumentException(
          "Column %s of type %s has no age".formatted(column.name(), column.type()));
    }
    return column;
  }

  /** The first day, since 1970, that is not wholly before the time. */
  static long firstDayKept(RowCutoff cutoff) {
    return Math.floorDiv(cutoff.before().getEpochSecond(), SECONDS_PER_DAY);
  }

  /**
   * Whether the value is before the time; empty if its text is not that of {@link
   * io.duckmesh.engine.schema.ValueText} or has no end.
   */
  static Optional<Boolean> isBefore(RowCutoff cutoff, ColumnType type, String value) {
    try {
      if (type == Primitive.DATE) {
        return Optional.of(LocalDate.parse(value).toEpochDay() < firstDayKept(cutoff));
      }
      Instant moment =
          type == Primitive.TIMESTAMP
              ? LocalDateTime.parse(value).toInstant(ZoneOffset.UTC)
              : Instant.parse(value);
      return Optional.of(moment.isBefore(cutoff.before()));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}

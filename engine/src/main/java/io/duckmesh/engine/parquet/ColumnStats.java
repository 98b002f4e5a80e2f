package io.duckmesh.engine.parquet;

import org.jspecify.annotations.Nullable;

/**
 * What a data file holds in one column; enough to tell that a query needs none of its rows.
 *
 * @param nullCount rows whose value is null
 * @param min text of a value that no value of the column is below, as {@link
 *     io.duckmesh.engine.schema.ValueText} writes it; null if none is known, for example because
 *     all values are null or the type has no order
 * @param max text of a value that no value of the column is above; null if none is known. A column
 *     has either both bounds or none, except that a long text may have a {@code min} only
 */
public record ColumnStats(int fieldId, long nullCount, @Nullable String min, @Nullable String max) {
  public ColumnStats {
    if (fieldId < 1 || nullCount < 0) {
      throw new IllegalArgumentException(
          "Not statistics: field id %d, %d nulls".formatted(fieldId, nullCount));
    }
  }
}

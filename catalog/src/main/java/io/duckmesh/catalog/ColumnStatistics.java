package io.duckmesh.catalog;

import org.jspecify.annotations.Nullable;

/**
 * What a data file holds of one column.
 *
 * @param min smallest value in the engine's text form, null when unknown or all are null
 * @param max largest value, likewise
 */
public record ColumnStatistics(
    int fieldId, long nullCount, @Nullable String min, @Nullable String max) {}

package io.duckmesh.engine.rows;

import java.util.List;

/**
 * How rows are read.
 *
 * @param eventKeyColumns columns whose values together are a row's event key, empty for none
 * @param maxBytes most bytes of text, counted as read from the stream
 * @param maxRows most rows
 * @param maxErrors most errors that are reported; the others are only counted
 */
public record RowOptions(List<String> eventKeyColumns, long maxBytes, long maxRows, int maxErrors) {
  public static final RowOptions DEFAULTS = new RowOptions(List.of(), 64L << 20, 1_000_000, 20);

  public RowOptions {
    eventKeyColumns = List.copyOf(eventKeyColumns);
    if (maxBytes < 1 || maxRows < 1 || maxErrors < 1) {
      throw new IllegalArgumentException(
          "Limits of rows must be positive: %d bytes, %d rows, %d errors"
              .formatted(maxBytes, maxRows, maxErrors));
    }
  }

  public RowOptions withEventKeyColumns(List<String> eventKeyColumns) {
    return new RowOptions(eventKeyColumns, maxBytes, maxRows, maxErrors);
  }

  public RowOptions withMaxBytes(long maxBytes) {
    return new RowOptions(eventKeyColumns, maxBytes, maxRows, maxErrors);
  }

  public RowOptions withMaxRows(long maxRows) {
    return new RowOptions(eventKeyColumns, maxBytes, maxRows, maxErrors);
  }

  public RowOptions withMaxErrors(int maxErrors) {
    return new RowOptions(eventKeyColumns, maxBytes, maxRows, maxErrors);
  }
}

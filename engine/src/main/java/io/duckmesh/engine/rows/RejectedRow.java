package io.duckmesh.engine.rows;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A row that does not fit its table.
 *
 * @param row its number in the request, from 1 (NDJSON: the line)
 * @param errors what is wrong with it, at least one; the first ones if there are very many
 * @param raw the row's text as it was sent; not copied, and must not be changed
 */
@SuppressWarnings("ArrayRecordComponent") // kept and handed on, never compared
public record RejectedRow(long row, List<RowError> errors, byte[] raw) {
  public RejectedRow {
    requireNonNull(raw, "raw is null");
    errors = List.copyOf(errors);
    if (errors.isEmpty()) {
      throw new IllegalArgumentException("Rejected row %d has no error".formatted(row));
    }
  }
}

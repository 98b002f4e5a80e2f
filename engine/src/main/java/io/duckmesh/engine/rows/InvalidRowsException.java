package io.duckmesh.engine.rows;

import java.util.List;

/** Rows do not fit the schema, or the text is not what its format says; nothing was taken. */
public final class InvalidRowsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<RowError> errors;
  private final long errorCount;

  /**
   * @param errors the first errors, in row order
   * @param errorCount how many there were in all, at least {@code errors.size()}
   */
  public InvalidRowsException(List<RowError> errors, long errorCount) {
    super("%d errors in rows, the first: %s".formatted(errorCount, errors.getFirst()));
    this.errors = List.copyOf(errors);
    this.errorCount = errorCount;
  }

  public List<RowError> errors() {
    return errors;
  }

  public long errorCount() {
    return errorCount;
  }
}

package io.duckmesh.engine.query.duckdb.process;

import io.duckmesh.engine.query.duckdb.process.Signal.Failure;
import java.sql.SQLException;

/** A statement failed in the other process, whose session goes on. */
public final class FailedStatementException extends SQLException {
  private static final long serialVersionUID = 1L;

  private final Failure failure;
  private final int place;

  FailedStatementException(Failure failure, int place, String message) {
    super(message);
    this.failure = failure;
    this.place = place;
  }

  /** Number of the statement, from 0, counting those that come before the one that answers. */
  public int place() {
    return place;
  }

  /** A column of the answer has a longer name than an answer holds. */
  public boolean isNameTooLong() {
    return failure == Failure.NAME_TOO_LONG;
  }

  /** A column of the answer has a type with more levels than an answer holds. */
  public boolean isTypeTooDeep() {
    return failure == Failure.TYPE_TOO_DEEP;
  }

  /** A row of the answer is larger than an answer holds; the message says so. */
  public boolean isRowTooLarge() {
    return failure == Failure.ROW_TOO_LARGE;
  }
}

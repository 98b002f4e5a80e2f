package io.duckmesh.engine.query;

/** The statement reached its time limit. */
public final class QueryTimeoutException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public QueryTimeoutException(String message) {
    super(message);
  }

  public QueryTimeoutException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.duckmesh.engine.query;

/** The statement was cancelled. */
public final class QueryCancelledException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public QueryCancelledException(String message) {
    super(message);
  }

  public QueryCancelledException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.duckmesh.engine.query;

/** The statement is not allowed, or does not fit the tables; nothing ran. */
public final class QueryRejectedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public QueryRejectedException(String message) {
    super(message);
  }

  public QueryRejectedException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.duckmesh.engine.query;

/**
 * What should run the query could not be started, or ended under it, and as far as is known not
 * through its fault. It may be sent again.
 */
public final class QueryUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public QueryUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}

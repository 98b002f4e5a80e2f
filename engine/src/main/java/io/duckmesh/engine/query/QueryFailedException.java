package io.duckmesh.engine.query;

/** The statement failed while running, for example by a division that overflows. */
public class QueryFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public QueryFailedException(String message) {
    super(message);
  }

  public QueryFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.duckmesh.engine.merge;

/** A merge needs more memory or disk than it may take. */
public final class MergeLimitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MergeLimitException(String message) {
    super(message);
  }

  public MergeLimitException(String message, Throwable cause) {
    super(message, cause);
  }
}

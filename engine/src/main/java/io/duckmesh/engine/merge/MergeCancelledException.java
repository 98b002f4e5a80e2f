package io.duckmesh.engine.merge;

/** The thread that merged was interrupted, or the merger was closed. */
public final class MergeCancelledException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MergeCancelledException(String message) {
    super(message);
  }

  public MergeCancelledException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.duckmesh.engine.merge;

/** A merge failed, and no other exception says why: its process was lost, or could not read. */
public final class MergeFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MergeFailedException(String message) {
    super(message);
  }

  public MergeFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}

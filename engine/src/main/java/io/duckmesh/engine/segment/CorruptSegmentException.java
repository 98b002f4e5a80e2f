package io.duckmesh.engine.segment;

/** Bytes are not a segment, or not the whole and unchanged one. */
public final class CorruptSegmentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CorruptSegmentException(String message) {
    super(message);
  }

  public CorruptSegmentException(String message, Throwable cause) {
    super(message, cause);
  }
}

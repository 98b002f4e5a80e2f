package io.duckmesh.engine.objects;

/** The object is there, but is not the one that was published: its size differs. */
public final class CorruptObjectException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CorruptObjectException(ObjectKey key, long expectedBytes, long actualBytes) {
    super("Object %s has %d bytes instead of %d".formatted(key, actualBytes, expectedBytes));
  }
}

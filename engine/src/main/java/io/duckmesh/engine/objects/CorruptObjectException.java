package io.duckmesh.engine.objects;

/** The object is there, but is not the one that was published: its size or its bytes differ. */
public final class CorruptObjectException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CorruptObjectException(ObjectKey key, long expectedBytes, long actualBytes) {
    super("Object %s has %d bytes instead of %d".formatted(key, actualBytes, expectedBytes));
  }

  /** Other bytes than published, by their SHA-256 in lower-case hexadecimal. */
  public CorruptObjectException(ObjectKey key, String expectedHash, String actualHash) {
    super("Object %s has hash %s instead of %s".formatted(key, actualHash, expectedHash));
  }
}

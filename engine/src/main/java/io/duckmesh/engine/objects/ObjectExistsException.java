package io.duckmesh.engine.objects;

/** The key is taken; objects are never overwritten. */
public final class ObjectExistsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ObjectExistsException(ObjectKey key) {
    super("Object exists: " + key);
  }
}

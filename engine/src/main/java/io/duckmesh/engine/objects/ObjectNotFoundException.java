package io.duckmesh.engine.objects;

/** There is no such object. */
public final class ObjectNotFoundException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ObjectNotFoundException(ObjectKey key) {
    super("Object not found: " + key);
  }
}

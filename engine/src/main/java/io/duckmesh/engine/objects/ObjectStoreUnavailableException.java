package io.duckmesh.engine.objects;

/** The store did not answer, or not in a way that says what happened. Trying again later helps. */
public final class ObjectStoreUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ObjectStoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }

  public ObjectStoreUnavailableException(String message) {
    super(message);
  }
}

package io.duckmesh.engine.objects.cache;

import java.io.IOException;

/** The cache's directory cannot be used: the disk is full, or permissions are missing. */
public final class ObjectCacheException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ObjectCacheException(String message, IOException cause) {
    super(message, cause);
  }

  public ObjectCacheException(String message) {
    super(message);
  }
}

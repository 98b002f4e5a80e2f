package io.duckmesh.engine.objects.cache;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.objects.ObjectKey;

/** An object that a reader needs as a file, with the size it was published with. */
public record CachedObject(ObjectKey key, long sizeBytes) {
  public CachedObject {
    requireNonNull(key, "key is null");
    if (sizeBytes < 0) {
      throw new IllegalArgumentException("sizeBytes is negative: " + sizeBytes);
    }
  }
}

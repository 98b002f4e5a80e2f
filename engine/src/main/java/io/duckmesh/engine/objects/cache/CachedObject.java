package io.duckmesh.engine.objects.cache;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.objects.ObjectKey;
import org.jspecify.annotations.Nullable;

/**
 * An object that a reader needs as a file.
 *
 * @param sizeBytes the size that it was published with
 * @param contentHash SHA-256 of what was published, in lower-case hexadecimal, which a download is
 *     checked against; null to check the size only
 */
public record CachedObject(ObjectKey key, long sizeBytes, @Nullable String contentHash) {
  public CachedObject {
    requireNonNull(key, "key is null");
    if (sizeBytes < 0) {
      throw new IllegalArgumentException("sizeBytes is negative: " + sizeBytes);
    }
  }

  /** An object whose hash is not known. */
  public CachedObject(ObjectKey key, long sizeBytes) {
    this(key, sizeBytes, null);
  }
}

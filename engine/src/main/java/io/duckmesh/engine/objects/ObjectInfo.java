package io.duckmesh.engine.objects;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/** An object that is in the store. */
public record ObjectInfo(ObjectKey key, long sizeBytes, Instant modifiedAt) {
  public ObjectInfo {
    requireNonNull(key, "key is null");
    requireNonNull(modifiedAt, "modifiedAt is null");
  }
}

package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

/**
 * A file that the newest snapshot has.
 *
 * @param rewrites how often its rows were rewritten, at most
 * @param sealed whether it is never to be rewritten to make files fewer
 */
public record LiveFile(
    String objectKey, Place place, long rowCount, long sizeBytes, int rewrites, boolean sealed) {
  public LiveFile {
    requireNonNull(objectKey, "objectKey is null");
    requireNonNull(place, "place is null");
  }
}

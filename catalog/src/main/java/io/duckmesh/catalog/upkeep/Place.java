package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

/**
 * Where a file stands among the files of its table: that of a landed file is the snapshot that it
 * came with and its key, that of a merged one the first of the places that it takes. Keys are
 * compared by their bytes in UTF-8.
 */
public record Place(long snapshot, String key) {
  public Place {
    requireNonNull(key, "key is null");
  }
}

package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import java.util.HashSet;
import java.util.List;

/**
 * Files that are to be rewritten.
 *
 * @param objectKeys in order of place
 * @param seals whether what takes their place is never rewritten again
 */
public record RewriteDraft(RewriteKind kind, List<String> objectKeys, boolean seals) {
  public RewriteDraft {
    requireNonNull(kind, "kind is null");
    objectKeys = List.copyOf(objectKeys);
    if (objectKeys.isEmpty() || new HashSet<>(objectKeys).size() < objectKeys.size()) {
      throw new IllegalArgumentException(
          "A rewrite takes at least one file, and none twice: " + objectKeys);
    }
  }
}

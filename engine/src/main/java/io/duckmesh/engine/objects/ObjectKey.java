package io.duckmesh.engine.objects;

import static java.util.Objects.requireNonNull;

/**
 * Key of an object below the store's root: path segments of {@code [A-Za-z0-9._=-]}, joined by
 * slashes.
 */
public record ObjectKey(String value) {
  public ObjectKey {
    requireNonNull(value, "value is null");
    if (!value.matches("[A-Za-z0-9_=-][A-Za-z0-9._=-]*(/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*")
        || value.length() > 900) {
      throw new IllegalArgumentException("Not an object key: " + value);
    }
  }

  @Override
  public String toString() {
    return value;
  }
}

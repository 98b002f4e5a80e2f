package io.duckmesh.engine.objects;

import static java.util.Objects.requireNonNull;

import java.util.regex.Pattern;

/**
 * Key of an object below the store's root: path segments of {@code [A-Za-z0-9._=-]} that do not
 * begin with a dot, joined by slashes; at most 900 characters.
 */
public record ObjectKey(String value) {
  private static final Pattern KEY =
      Pattern.compile("[A-Za-z0-9_=-][A-Za-z0-9._=-]*(/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*");
  private static final int MAX_LENGTH = 900;

  public ObjectKey {
    requireNonNull(value, "value is null");
    if (!isValid(value)) {
      throw new IllegalArgumentException("Not an object key: " + value);
    }
  }

  /** Whether a text is a key, as names that others put into a store may not be. */
  public static boolean isValid(String value) {
    return value.length() <= MAX_LENGTH && KEY.matcher(value).matches();
  }

  @Override
  public String toString() {
    return value;
  }
}

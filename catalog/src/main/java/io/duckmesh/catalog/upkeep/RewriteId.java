package io.duckmesh.catalog.upkeep;

/** Number of an attempt to put files in the place of others; none is a write's number, too. */
public record RewriteId(long value) {
  public RewriteId {
    if (value < 1) {
      throw new IllegalArgumentException("Rewrite id must be positive: " + value);
    }
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}

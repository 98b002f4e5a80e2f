package io.duckmesh.catalog;

/** Number of one attempt to land a batch: what it writes is pending until it is committed. */
public record WriteId(long value) {
  public WriteId {
    if (value < 1) {
      throw new IllegalArgumentException("Write id must be positive: " + value);
    }
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}

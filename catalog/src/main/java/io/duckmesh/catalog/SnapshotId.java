package io.duckmesh.catalog;

/** Number of a snapshot of one tenant; numbers increase in commit order. */
public record SnapshotId(long value) implements Comparable<SnapshotId> {
  public SnapshotId {
    if (value < 0) {
      throw new IllegalArgumentException("Snapshot id must not be negative: " + value);
    }
  }

  @Override
  public int compareTo(SnapshotId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}

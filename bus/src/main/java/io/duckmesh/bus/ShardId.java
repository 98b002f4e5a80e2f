package io.duckmesh.bus;

import static java.util.Objects.requireNonNull;

/** Name of one totally ordered sub-log, for example {@code default-0}. */
public record ShardId(String value) implements Comparable<ShardId> {
  public ShardId {
    requireNonNull(value, "value is null");
    if (!value.matches("[a-z0-9][a-z0-9_-]{0,62}")) {
      throw new IllegalArgumentException("Shard id is not of the form [a-z0-9_-]+: " + value);
    }
  }

  @Override
  public int compareTo(ShardId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}

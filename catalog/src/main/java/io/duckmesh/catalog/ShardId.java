package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/** Name of one totally ordered sub-log, for example {@code default-0}. */
public record ShardId(String value) implements Comparable<ShardId> {
  public ShardId {
    requireNonNull(value, "value is null");
    if (value.isBlank()) {
      throw new IllegalArgumentException("Shard id is blank");
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

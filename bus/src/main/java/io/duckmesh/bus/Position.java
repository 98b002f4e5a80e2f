package io.duckmesh.bus;

/**
 * Place of a segment in its shard. The first segment has position 1; positions have no gaps and
 * increase in commit order; 0 is the place before the first.
 */
public record Position(long value) implements Comparable<Position> {
  public static final Position START = new Position(0);

  public Position {
    if (value < 0) {
      throw new IllegalArgumentException("Position must not be negative: " + value);
    }
  }

  @Override
  public int compareTo(Position other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}

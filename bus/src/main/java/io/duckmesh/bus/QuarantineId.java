package io.duckmesh.bus;

/** Number of an entry of the quarantine. Later entries have higher numbers, as a rule. */
public record QuarantineId(long value) implements Comparable<QuarantineId> {
  public QuarantineId {
    if (value < 1) {
      throw new IllegalArgumentException("Quarantine id must be positive: " + value);
    }
  }

  @Override
  public int compareTo(QuarantineId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}

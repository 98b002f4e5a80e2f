package io.duckmesh.bench;

import java.util.Arrays;
import java.util.List;

/** Durations of many calls in nanoseconds, sorted once. */
final class Latencies {
  private final long[] sorted;

  private Latencies(long[] sorted) {
    this.sorted = sorted;
  }

  static Latencies of(List<long[]> parts) {
    long[] all = parts.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    return new Latencies(all);
  }

  int count() {
    return sorted.length;
  }

  /** The value that the given share of calls, 0 to 1, did not pass, in milliseconds. */
  double millis(double share) {
    if (sorted.length == 0) {
      return Double.NaN;
    }
    int index = (int) Math.min(sorted.length - 1L, (long) Math.floor(share * sorted.length));
    return sorted[index] / 1e6;
  }
}

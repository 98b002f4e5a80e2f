package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.KeyHash;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;

/** Keys as two parallel columns, in the order of the ledger's index so that its pages stay warm. */
record KeyArrays(long[] highs, long[] lows) {
  static KeyArrays sorted(Collection<KeyHash> keys) {
    KeyHash[] sorted = keys.toArray(KeyHash[]::new);
    Arrays.sort(sorted, Comparator.comparingLong(KeyHash::high).thenComparingLong(KeyHash::low));
    long[] highs = new long[sorted.length];
    long[] lows = new long[sorted.length];
    for (int i = 0; i < sorted.length; i++) {
      highs[i] = sorted[i].high();
      lows[i] = sorted[i].low();
    }
    return new KeyArrays(highs, lows);
  }
}

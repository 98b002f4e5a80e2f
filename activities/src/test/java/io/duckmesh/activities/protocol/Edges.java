package io.duckmesh.activities.protocol;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.Arrays;

/** The transitions between states, to count the histories that they stand for. */
final class Edges {
  private int[] from = new int[1024];
  private int[] to = new int[1024];
  private int count;
  private int[] ends = new int[64];
  private int endCount;

  void add(int from, int to) {
    if (count == this.from.length) {
      this.from = Arrays.copyOf(this.from, 2 * count);
      this.to = Arrays.copyOf(this.to, 2 * count);
    }
    this.from[count] = from;
    this.to[count] = to;
    count++;
  }

  void end(int state) {
    if (endCount == ends.length) {
      ends = Arrays.copyOf(ends, 2 * endCount);
    }
    ends[endCount++] = state;
  }

  int count() {
    return count;
  }

  int ends() {
    return endCount;
  }

  /**
   * How many ways lead from state 0 to an end.
   *
   * @throws AssertionError if a state can be reached from itself: a history could go on for ever
   */
  BigInteger histories(int states) {
    int[] incoming = new int[states];
    int[] first = new int[states + 1];
    for (int i = 0; i < count; i++) {
      incoming[to[i]]++;
      first[from[i] + 1]++;
    }
    for (int state = 0; state < states; state++) {
      first[state + 1] += first[state];
    }
    int[] following = new int[count];
    int[] next = first.clone();
    for (int i = 0; i < count; i++) {
      following[next[from[i]]++] = to[i];
    }
    BigInteger[] ways = new BigInteger[states];
    Arrays.fill(ways, BigInteger.ZERO);
    ways[0] = BigInteger.ONE;
    ArrayDeque<Integer> ready = new ArrayDeque<>();
    ready.add(0);
    int done = 0;
    while (!ready.isEmpty()) {
      int state = ready.remove();
      done++;
      for (int i = first[state]; i < first[state + 1]; i++) {
        int target = following[i];
        ways[target] = ways[target].add(ways[state]);
        if (--incoming[target] == 0) {
          ready.add(target);
        }
      }
    }
    if (done < states) {
      throw new AssertionError(
          "%d of %d states lie on circles or behind them".formatted(states - done, states));
    }
    BigInteger sum = BigInteger.ZERO;
    for (int i = 0; i < endCount; i++) {
      sum = sum.add(ways[ends[i]]);
    }
    return sum;
  }
}

package io.duckmesh.bench.faults;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;

/** One fault after the other until the time is over; kinds, targets and durations by the seed. */
final class FaultLane implements Runnable {
  private final List<FaultKind> kinds;
  private final Injector injector;
  private final History history;
  private final Random random;
  private final long endNanos;

  FaultLane(
      FaultKind.Lane lane,
      List<FaultKind> kinds,
      Injector injector,
      History history,
      long seed,
      long endNanos) {
    this.kinds = kinds.stream().filter(kind -> kind.lane() == lane).toList();
    this.injector = injector;
    this.history = history;
    this.random = new Random(seed * 31 + lane.ordinal());
    this.endNanos = endNanos;
  }

  @Override
  public void run() {
    List<FaultKind> bag = new ArrayList<>();
    while (!kinds.isEmpty() && !Thread.currentThread().isInterrupted()) {
      Pause.millis(between(random, 1_000, 3_500));
      if (bag.isEmpty()) {
        bag.addAll(kinds);
        Collections.shuffle(bag, random);
      }
      FaultKind kind = bag.removeLast();
      int target = random.nextInt(1 << 20);
      long millis = between(random, kind.minMillis(), kind.maxMillis());
      long left = (endNanos - System.nanoTime()) / 1_000_000;
      if (left < millis) {
        Pause.millis(left);
        return;
      }
      long began = history.now();
      try {
        boolean possible = injector.inject(kind, target, millis);
        history.add(new History.Fault(kind, target, millis, began, history.now(), possible));
      } catch (RuntimeException e) {
        history.violation("NOT_MENDED", "%s: %s".formatted(kind, e));
        return;
      }
    }
  }

  private static long between(RandomGenerator random, long from, long to) {
    return from + (long) (random.nextDouble() * (to - from));
  }
}

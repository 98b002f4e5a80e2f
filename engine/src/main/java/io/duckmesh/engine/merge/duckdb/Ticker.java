package io.duckmesh.engine.merge.duckdb;

import io.duckmesh.engine.merge.MergeCancelledException;
import io.duckmesh.engine.merge.MergeProgress;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * Tells a merge's caller how far it is, and sees when it is to end. Used by the caller's thread.
 */
final class Ticker {
  private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LOOK_MILLIS = 20;

  private final MergeProgress progress;
  private final BooleanSupplier closed;
  private long reportedAtNanos = System.nanoTime();
  private long rows;

  /**
   * @param closed whether the merger was closed
   */
  Ticker(MergeProgress progress, BooleanSupplier closed) {
    this.progress = progress;
    this.closed = closed;
  }

  /**
   * Says how many rows have been merged, about.
   *
   * @throws MergeCancelledException if the merge is to end
   */
  void tick(long merged) {
    rows = Math.max(rows, merged);
    tick();
  }

  /** Reports at once. */
  void report() {
    reportedAtNanos = System.nanoTime();
    progress.report(rows);
  }

  private void tick() {
    if (Thread.currentThread().isInterrupted()) {
      throw new MergeCancelledException("The merge was interrupted");
    }
    if (closed.getAsBoolean()) {
      throw new MergeCancelledException("The merger was closed");
    }
    if (System.nanoTime() - reportedAtNanos >= REPORT_NANOS) {
      report();
    }
  }

  /** Called again and again while something is waited for. */
  interface Watch {
    void look();
  }

  /**
   * Waits for a result.
   *
   * @throws MergeCancelledException if the merge is to end
   * @throws ExecutionException if there is none
   */
  <T> T await(Future<T> result, Watch watch) throws ExecutionException {
    while (true) {
      tick();
      watch.look();
      try {
        return result.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // Looks again.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

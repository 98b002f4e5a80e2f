package io.duckmesh.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs one call again and again on several connections for a bounded time. */
final class Load {
  private Load() {}

  /** One connection's work; {@link #call} is measured. */
  interface Worker extends AutoCloseable {
    void call() throws Exception;

    @Override
    default void close() throws Exception {}
  }

  /** Makes the worker of one connection. */
  interface Workers {
    Worker open(int index) throws Exception;
  }

  /** What a run did: its calls' latencies and how long it took. */
  record Result(Latencies latencies, double seconds) {
    double callsPerSecond() {
      return latencies.count() / seconds;
    }
  }

  /** Runs {@code connections} workers for {@code seconds}; the first failure ends the run. */
  static Result run(int connections, double seconds, Workers workers) throws Exception {
    List<Worker> opened = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(connections);
    try {
      for (int i = 0; i < connections; i++) {
        opened.add(workers.open(i));
      }
      long start = System.nanoTime();
      long end = start + (long) (seconds * 1e9);
      List<Future<long[]>> running = new ArrayList<>();
      for (Worker worker : opened) {
        running.add(threads.submit(() -> repeat(worker, end)));
      }
      List<long[]> parts = new ArrayList<>();
      for (Future<long[]> one : running) {
        parts.add(one.get());
      }
      return new Result(Latencies.of(parts), (System.nanoTime() - start) / 1e9);
    } catch (ExecutionException e) {
      throw new IllegalStateException("A worker failed", e.getCause());
    } finally {
      threads.shutdownNow();
      for (Worker worker : opened) {
        worker.close();
      }
    }
  }

  private static long[] repeat(Worker worker, long end) throws Exception {
    long[] durations = new long[1024];
    int count = 0;
    while (System.nanoTime() < end) {
      long before = System.nanoTime();
      worker.call();
      if (count == durations.length) {
        durations = Arrays.copyOf(durations, count * 2);
      }
      durations[count++] = System.nanoTime() - before;
    }
    return Arrays.copyOf(durations, count);
  }
}

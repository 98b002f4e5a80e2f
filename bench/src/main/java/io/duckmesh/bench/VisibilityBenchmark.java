package io.duckmesh.bench;

import io.duckmesh.bench.IngestBenchmark.Sender;
import java.io.PrintStream;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** From the write of one event to the answer that it is visible, with a client that waits. */
final class VisibilityBenchmark {
  private static final String WAIT = "?wait=visible&timeout=30s";

  private final Server server;
  private final double warmUp;
  private final double seconds;
  private final PrintStream out;

  VisibilityBenchmark(Server server, double warmUp, double seconds, PrintStream out) {
    this.server = server;
    this.warmUp = warmUp;
    this.seconds = seconds;
    this.out = out;
  }

  void run() throws Exception {
    server.createTable("visible_warm_up", false);
    wait("visible_warm_up", 8, warmUp);
    out.println();
    out.println("## Write to visible, with a waiter");
    out.println();
    out.println("| clients | load beside | writes/s | p50 ms | p99 ms |");
    out.println("|---:|---|---:|---:|---:|");
    line("visible_alone", 1, "none");
    line("visible_eight", 8, "none");
    server.createTable("visible_load", false);
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      Future<Load.Result> load =
          threads.submit(() -> Load.run(2, seconds + 2, index -> new Paced(index)));
      line("visible_loaded", 1, "20,000 rows/s in batches of 1,000");
      load.get();
    } finally {
      threads.shutdownNow();
    }
    server.drain();
  }

  private void line(String table, int clients, String load) throws Exception {
    server.createTable(table, false);
    Load.Result result = wait(table, clients, seconds);
    out.printf(
        "| %d | %s | %.0f | %.1f | %.1f |%n",
        clients,
        load,
        result.callsPerSecond(),
        result.latencies().millis(0.5),
        result.latencies().millis(0.99));
  }

  private Load.Result wait(String table, int clients, double seconds) throws Exception {
    return Load.run(clients, seconds, index -> new Sender(server, table, index, 1, WAIT));
  }

  /** Ten requests of 1,000 rows a second, no more. */
  private final class Paced implements Load.Worker {
    private final Sender sender;
    private long due = System.nanoTime();

    Paced(int index) throws Exception {
      this.sender = new Sender(server, "visible_load", index, 1_000, "");
    }

    @Override
    public void call() throws Exception {
      due += TimeUnit.MILLISECONDS.toNanos(100);
      sender.call();
      TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
    }

    @Override
    public void close() throws Exception {
      sender.close();
    }
  }
}

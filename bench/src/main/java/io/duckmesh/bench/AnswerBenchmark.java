package io.duckmesh.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Large answers and what they cost the server in memory, how soon a statement ends that is cut off,
 * and what statements that compute for long do to a small one.
 */
final class AnswerBenchmark {
  private static final String ROWS =
      """
      SELECT i AS id, i %% 1000 AS sensor, (i %% 100000)::DECIMAL(9,2) AS amount,
        'note number ' || (i %% 100) AS note, i * 0.1::DOUBLE AS celsius
      FROM range(%d) r(i)
      """;

  /** Computes for longer than anybody waits, in little memory. */
  private static final String ENDLESS =
      "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 8";

  private static final String SMALL = "SELECT sum(i) FROM range(10000) r(i)";

  private static final int RUNS = 20;
  private static final int LIMIT_MILLIS = 500;
  private static final int SLOTS = 8;

  private final Server server;
  private final long rows;
  private final PrintStream out;

  AnswerBenchmark(Server server, long rows, PrintStream out) {
    this.server = server;
    this.rows = rows;
    this.out = out;
  }

  void run() throws Exception {
    out.println();
    out.printf("## Answers of %,d rows to one client%n%n", rows);
    out.println(
        "| format | encoding | s | rows/s | MiB | MiB/s | server MiB before | most | growth |");
    out.println("|---|---|---:|---:|---:|---:|---:|---:|---:|");
    // The server's code is compiled and its heap has its usual size before anything counts.
    for (String format : List.of("JSON", "CSV", "Arrow", "Parquet")) {
      fetch(accept(format), "identity", rows / 10);
    }
    for (String format : List.of("JSON", "NDJSON", "CSV", "Arrow", "Parquet")) {
      line(format, "identity");
    }
    line("JSON", "zstd");
    line("JSON", "gzip");
    ends();
    beside();
  }

  private void line(String format, String encoding) throws Exception {
    long before = server.residentBytes();
    AtomicLong most = new AtomicLong(before);
    AtomicBoolean ended = new AtomicBoolean();
    Thread watch =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!ended.get()) {
                    most.accumulateAndGet(server.residentBytes(), Math::max);
                    java.util.concurrent.locks.LockSupport.parkNanos(
                        TimeUnit.MILLISECONDS.toNanos(50));
                  }
                });
    long start = System.nanoTime();
    long bytes = fetch(accept(format), encoding, rows);
    double seconds = (System.nanoTime() - start) / 1e9;
    ended.set(true);
    watch.join();
    out.printf(
        "| %s | %s | %.1f | %,.0f | %,d | %,.0f | %d | %d | %d |%n",
        format,
        encoding,
        seconds,
        rows / seconds,
        bytes >> 20,
        bytes / seconds / (1 << 20),
        before >> 20,
        most.get() >> 20,
        (most.get() - before) >> 20);
  }

  private static String accept(String format) {
    return switch (format) {
      case "JSON" -> "application/json";
      case "NDJSON" -> "application/x-ndjson";
      case "CSV" -> "text/csv";
      case "Arrow" -> "application/vnd.apache.arrow.stream";
      case "Parquet" -> "application/vnd.apache.parquet";
      default -> throw new IllegalArgumentException("No such format: " + format);
    };
  }

  private long fetch(String accept, String encoding, long count) throws IOException {
    try (HttpConnection connection = server.connect()) {
      return connection.postAndCount(
          "/v1/query",
          body(ROWS.formatted(count), 600_000),
          Map.of("Accept", accept, "Accept-Encoding", encoding));
    }
  }

  private static byte[] body(String sql, int timeoutMillis) {
    return Server.JSON.writeValueAsBytes(
        Map.of(
            "sql",
            sql,
            "limits",
            Map.of("timeout_ms", timeoutMillis, "max_rows", 100_000_000, "max_bytes", 16L << 30)));
  }

  /** How late statements end: at their time limit, and after their client has gone. */
  private void ends() throws Exception {
    long[] late = new long[RUNS];
    try (HttpConnection connection = server.connect()) {
      for (int i = 0; i < RUNS; i++) {
        long start = System.nanoTime();
        HttpConnection.Answer answer =
            connection.post("/v1/query", "application/json", body(ENDLESS, LIMIT_MILLIS));
        late[i] = System.nanoTime() - start - TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS);
        if (answer.status() != 504) {
          throw new IllegalStateException("No time limit: " + answer.text());
        }
      }
    }
    long[] freed = new long[RUNS];
    List<HttpConnection> running = new ArrayList<>();
    try {
      while (running.size() < SLOTS) {
        running.add(endless());
      }
      TimeUnit.SECONDS.sleep(1);
      for (int i = 0; i < RUNS; i++) {
        // All slots are taken, so this one starts when one becomes free.
        CompletableFuture<Long> next = CompletableFuture.supplyAsync(this::small);
        TimeUnit.MILLISECONDS.sleep(200);
        long start = System.nanoTime();
        running.removeFirst().close();
        freed[i] = next.get() - start;
        running.add(endless());
        TimeUnit.MILLISECONDS.sleep(300);
      }
    } finally {
      for (HttpConnection connection : running) {
        connection.close();
      }
    }
    out.println();
    out.println("## How soon a statement ends");
    out.println();
    out.println("| | p50 ms | worst of " + RUNS + " ms |");
    out.println("|---|---:|---:|");
    print("answer after the time limit (one statement)", late);
    print("next statement answered after a client has gone (8 statements run)", freed);
  }

  private void print(String what, long[] nanos) {
    Latencies latencies = Latencies.of(List.of(nanos));
    out.printf(
        "| %s | %.0f | %.0f |%n",
        what, latencies.millis(0.5), Arrays.stream(nanos).max().orElse(0) / 1e6);
  }

  private HttpConnection endless() throws IOException {
    HttpConnection connection = server.connect();
    connection.send(
        "POST", "/v1/query", Map.of("Content-Type", "application/json"), body(ENDLESS, 600_000));
    return connection;
  }

  /** Runs the small statement and returns when it was answered. */
  private long small() {
    try (HttpConnection connection = server.connect()) {
      connection.post("/v1/query", "application/json", SMALL_BODY).orThrow();
      return System.nanoTime();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static final byte[] SMALL_BODY =
      ("{\"sql\":\"" + SMALL + "\"}").getBytes(StandardCharsets.UTF_8);

  /** A small statement of the same tenant beside such as compute without end. */
  private void beside() throws Exception {
    out.println();
    out.println("## A small statement beside others of the same tenant that compute");
    out.println();
    out.println("| others | p50 ms | p95 ms |");
    out.println("|---:|---:|---:|");
    List<HttpConnection> running = new ArrayList<>();
    try {
      for (int others : new int[] {0, 1, 3, SLOTS - 1}) {
        while (running.size() < others) {
          running.add(endless());
        }
        TimeUnit.MILLISECONDS.sleep(500);
        long[] nanos = new long[100];
        for (int i = 0; i < nanos.length; i++) {
          long start = System.nanoTime();
          nanos[i] = small() - start;
        }
        Latencies latencies = Latencies.of(List.of(nanos));
        out.printf("| %d | %.1f | %.1f |%n", others, latencies.millis(0.5), latencies.millis(0.95));
      }
    } finally {
      for (HttpConnection connection : running) {
        connection.close();
      }
    }
  }
}

package io.duckmesh.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import tools.jackson.databind.JsonNode;

/**
 * Steady single events with a reader that waits for them, into a table whose files are not merged
 * and then into one whose files are, in one run. Two halves and not two tables at once: merging
 * takes its share of the machine from both.
 */
final class UpkeepBenchmark {
  private static final int WRITERS = 2;
  private static final long PACE_MILLIS = 50;

  /** The first of all writes lands when workers have started. */
  private static final int WAIT_MILLIS = 60_000;

  private static final int AIM_FILES = 50;
  private static final double AIM_RATIO = 1.5;

  /** A row alone in its file, and 5,000,000 rows make a file full, four times as many each time. */
  private static final int BOUND = 12;

  private final QueryStage stage;
  private final double warmUp;
  private final double seconds;
  private final PrintStream out;

  /**
   * @param seconds of both halves together
   */
  UpkeepBenchmark(QueryStage stage, double warmUp, double seconds, PrintStream out) {
    this.stage = stage;
    this.warmUp = warmUp;
    this.seconds = seconds;
    this.out = out;
  }

  /**
   * What one half did.
   *
   * @param files live files, once a second
   */
  private record Half(
      Latencies acknowledged, Latencies queries, Latencies waits, long rows, int[] files) {}

  /** Returns whether what must be true is. */
  boolean run() throws Exception {
    String unused = create("warm_up", "always");
    measure("warm_up", warmUp);
    String off = create("not_merged", "off");
    Half without = measure("not_merged", seconds / 2);
    String on = create("merged", "always");
    Half with = measure("merged", seconds / 2);
    stage.local().drain();

    out.printf("%n## Single events with a reader that waits for them%n%n");
    out.println(
        "| half | events | live files at the end | most | ack p50 ms | ack p95 ms | query p50 ms |"
            + " query p95 ms | wait p50 ms | wait p95 ms |");
    out.println("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    line("first, files are not merged", without);
    line("second, files are merged", with);
    double acknowledged = ratio(with.acknowledged(), without.acknowledged());
    double queries = ratio(with.queries(), without.queries());
    out.printf(
        "%np95 with merging to p95 without: acknowledgement %.2f, query %.2f (aim: at most %.1f)%n",
        acknowledged, queries, AIM_RATIO);
    out.printf(
        "live files while they are merged, every tenth of the time: %s (aim: below %d)%n",
        tenths(with.files()), AIM_FILES);
    out.printf("live files without: %s%n", tenths(without.files()));
    double amplification = amplification(on, with.rows());
    out.printf(
        "write amplification: each row was rewritten %.2f times on average, at most %d times; the"
            + " bound is %d%n",
        amplification, mostRewrites(on), BOUND);
    boolean whole = count("merged") == with.rows() && count("not_merged") == without.rows();
    out.printf("rows: %s%n", whole ? "all there, once" : "NOT as many as were acknowledged");
    boolean unmerged = rewritten(off) == 0;
    return whole
        && unmerged
        && most(with.files()) < AIM_FILES
        && mostRewrites(on) <= BOUND
        && acknowledged <= AIM_RATIO
        && queries <= AIM_RATIO;
  }

  private String create(String table, String compaction) throws IOException {
    String id =
        stage
            .local()
            .createTable(
                """
                {"name": "%s", "columns": [
                  {"name": "n", "type": "BIGINT", "required": true},
                  {"name": "device", "type": "VARCHAR"},
                  {"name": "celsius", "type": "DOUBLE"},
                  {"name": "seen", "type": "TIMESTAMPTZ"}]}
                """
                    .formatted(table));
    try (HttpConnection connection = stage.local().connect()) {
      connection
          .send(
              "PATCH",
              "/v1/tables/" + table,
              "{\"policy\":{\"compaction\":\"%s\"}}".formatted(compaction))
          .orThrow();
    }
    return id;
  }

  private Half measure(String table, double half) throws Exception {
    long end = System.nanoTime() + (long) (half * 1e9);
    AtomicLong next = new AtomicLong();
    AtomicReference<String> token = new AtomicReference<>("");
    ExecutorService threads = Executors.newFixedThreadPool(WRITERS + 3);
    try {
      List<Future<long[]>> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        writers.add(threads.submit(() -> write(table, next, token, end)));
      }
      Future<long[]> queries = threads.submit(() -> query(table, end));
      Future<long[]> waits = threads.submit(() -> await(table, token, end));
      Future<int[]> files = threads.submit((Callable<int[]>) () -> countFiles(table, end));
      List<long[]> acknowledged = new ArrayList<>();
      for (Future<long[]> writer : writers) {
        acknowledged.add(writer.get());
      }
      return new Half(
          Latencies.of(acknowledged),
          Latencies.of(List.of(queries.get())),
          Latencies.of(List.of(waits.get())),
          next.get(),
          files.get());
    } catch (ExecutionException e) {
      throw new IllegalStateException("The load of %s failed".formatted(table), e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private long[] write(String table, AtomicLong next, AtomicReference<String> token, long end)
      throws IOException, InterruptedException {
    Durations durations = new Durations();
    String path = "/v1/tables/" + table + "/events";
    try (HttpConnection connection = stage.local().connect()) {
      while (System.nanoTime() < end) {
        long n = next.getAndIncrement();
        String row =
            "{\"n\":%d,\"device\":\"sensor-%d\",\"celsius\":%.2f,\"seen\":\"2026-01-01T00:00:00Z\"}\n"
                .formatted(n, n % 40, 20 + n % 100 / 10.0);
        long before = System.nanoTime();
        HttpConnection.Answer answer =
            connection
                .post(path, "application/x-ndjson", row.getBytes(StandardCharsets.UTF_8))
                .orThrow();
        durations.add(System.nanoTime() - before);
        token.set(Gateway.JSON.readTree(answer.body()).get("token").asString());
        pace(before);
      }
    }
    return durations.all();
  }

  private long[] query(String table, long end) throws IOException, InterruptedException {
    Durations durations = new Durations();
    byte[] body =
        Gateway.body(
            "SELECT device, count(*), avg(celsius), max(n) FROM %s GROUP BY device ORDER BY device"
                .formatted(table));
    try (HttpConnection connection = stage.local().connect()) {
      while (System.nanoTime() < end) {
        long before = System.nanoTime();
        connection.post("/v1/query", "application/json", body).orThrow();
        durations.add(System.nanoTime() - before);
        pace(before);
      }
    }
    return durations.all();
  }

  /** Reads what was just written, so that it lands at once. */
  private long[] await(String table, AtomicReference<String> token, long end)
      throws IOException, InterruptedException {
    Durations durations = new Durations();
    try (HttpConnection connection = stage.local().connect()) {
      while (System.nanoTime() < end) {
        String last = token.get();
        if (last.isEmpty()) {
          TimeUnit.MILLISECONDS.sleep(10);
          continue;
        }
        byte[] body =
            Gateway.JSON.writeValueAsBytes(
                Map.of(
                    "sql",
                    "SELECT max(n) FROM " + table,
                    "min_visibility_token",
                    last,
                    "wait_timeout_ms",
                    WAIT_MILLIS));
        long before = System.nanoTime();
        connection.post("/v1/query", "application/json", body).orThrow();
        durations.add(System.nanoTime() - before);
      }
    }
    return durations.all();
  }

  private int[] countFiles(String table, long end) throws SQLException, InterruptedException {
    int[] counts = new int[(int) Math.ceil(seconds + warmUp) + 10];
    int count = 0;
    while (System.nanoTime() < end) {
      counts[count++] =
          (int)
              number(
                  """
                  SELECT count(*)
                  FROM catalog.data_file f
                  JOIN catalog.tenant_table t USING (table_id)
                  WHERE t.name = ? AND f.begin_snapshot IS NOT NULL AND f.end_snapshot IS NULL
                  """,
                  table);
      TimeUnit.MILLISECONDS.sleep(1_000);
    }
    return Arrays.copyOf(counts, count);
  }

  private static void pace(long before) throws InterruptedException {
    long left = PACE_MILLIS - (System.nanoTime() - before) / 1_000_000;
    if (left > 0) {
      TimeUnit.MILLISECONDS.sleep(left);
    }
  }

  // What the catalog says

  private double amplification(String table, long rows) throws SQLException {
    return (double) rewritten(table) / Math.max(1, rows);
  }

  private long rewritten(String table) throws SQLException {
    return number(
        """
        SELECT coalesce(sum(rows_in), 0)
        FROM catalog.rewrite
        WHERE CAST(table_id AS text) = ? AND state = 'published'
        """,
        table);
  }

  private long mostRewrites(String table) throws SQLException {
    return number(
        """
        SELECT coalesce(max(rewrites), 0)
        FROM catalog.data_file
        WHERE CAST(table_id AS text) = ? AND begin_snapshot IS NOT NULL
        """,
        table);
  }

  private long number(String sql, String parameter) throws SQLException {
    try (Connection connection = stage.catalog();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, parameter);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private long count(String table) throws IOException {
    JsonNode answer = stage.local().query("SELECT count(*), count(DISTINCT n) FROM " + table);
    long rows = answer.get("rows").get(0).get(0).asLong();
    return rows == answer.get("rows").get(0).get(1).asLong() ? rows : -1;
  }

  // The answer

  private void line(String name, Half half) {
    out.printf(
        "| %s | %,d | %d | %d | %.2f | %.2f | %.2f | %.2f | %.1f | %.1f |%n",
        name,
        half.rows(),
        half.files().length == 0 ? 0 : half.files()[half.files().length - 1],
        most(half.files()),
        half.acknowledged().millis(0.5),
        half.acknowledged().millis(0.95),
        half.queries().millis(0.5),
        half.queries().millis(0.95),
        half.waits().millis(0.5),
        half.waits().millis(0.95));
  }

  private static double ratio(Latencies with, Latencies without) {
    return with.millis(0.95) / without.millis(0.95);
  }

  private static int most(int[] counts) {
    return Arrays.stream(counts).max().orElse(0);
  }

  private static List<Integer> tenths(int[] counts) {
    List<Integer> tenths = new ArrayList<>();
    for (int i = 1; i <= 10 && counts.length > 0; i++) {
      tenths.add(counts[Math.min(counts.length - 1, counts.length * i / 10)]);
    }
    return tenths;
  }

  /** A list of durations without boxes. */
  private static final class Durations {
    private long[] values = new long[4096];
    private int count;

    void add(long nanos) {
      if (count == values.length) {
        values = Arrays.copyOf(values, count * 2);
      }
      values[count++] = nanos;
    }

    long[] all() {
      return Arrays.copyOf(values, count);
    }
  }
}

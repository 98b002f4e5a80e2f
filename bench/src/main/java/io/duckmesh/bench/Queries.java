package io.duckmesh.bench;

import io.duckmesh.testing.tpch.TpchData;
import io.duckmesh.testing.tpch.TpchQueries;
import io.duckmesh.testing.tpch.TpchTable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.duckdb.DuckDBConnection;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Measures queries over HTTP beside bare DuckDB on the same files, in one run. */
@Command(
    name = "bench/run queries",
    mixinStandardHelpOptions = true,
    description = "Measures queries beside bare DuckDB on the same files.")
final class Queries implements Callable<Integer> {
  private static final List<String> SMALL =
      List.of(
          "SELECT count(*) FROM flights_small",
          "SELECT carrier, count(*), avg(dep_delay) FROM flights_small GROUP BY carrier ORDER BY"
              + " carrier",
          "SELECT flight_id, dep_delay FROM flights_small WHERE origin = 'JFK' ORDER BY dep_delay"
              + " DESC NULLS LAST, flight_id LIMIT 10");

  private static final String SCAN =
      "SELECT carrier, origin, count(*), avg(dep_delay), max(distance) FROM flights_large GROUP BY"
          + " ALL ORDER BY ALL";

  private static final double SCALE = 0.1;
  private static final int ROUNDS = 7;
  private static final int CHUNK_BYTES = 6 << 20;

  private static final int FILES = 10_000;
  private static final int NEEDED = 10;

  @Option(
      names = "--project",
      defaultValue = ".",
      description = "Folder of the project, which has the launcher.")
  private Path project = Path.of(".");

  @Option(
      names = "--seconds",
      defaultValue = "4",
      description = "How long each line is measured (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "20",
      description = "Seconds of the same load before it is measured (default: ${DEFAULT-VALUE}).")
  private double warmUp;

  @Option(
      names = "--only",
      split = ",",
      defaultValue = "small,tpch,files,clients,s3",
      description = "Which parts run: ${DEFAULT-VALUE}.")
  private List<String> only = List.of();

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private Queries() {}

  @Override
  public Integer call() throws Exception {
    out.printf(
        "# DuckMesh queries: %d cores, %.0f s a line%n",
        Runtime.getRuntime().availableProcessors(), seconds);
    try (QueryStage stage = QueryStage.open(project.toAbsolutePath().normalize());
        Connection duckDb = DriverManager.getConnection("jdbc:duckdb:")) {
      try (Statement statement = duckDb.createStatement()) {
        statement.execute("SET threads = 2");
        statement.execute("SET TimeZone = 'UTC'");
      }
      fillFlights(stage, "flights_small", 1_000, 1_000);
      fillFlights(stage, "flights_large", 1_000_000, 10_000);
      bind(duckDb, stage, "flights_small");
      bind(duckDb, stage, "flights_large");
      if (only.contains("tpch")) {
        for (TpchTable table : TpchTable.values()) {
          fillTpch(stage, table);
          bind(duckDb, stage, table.tableName());
        }
      }
      if (only.contains("files")) {
        ManyFiles many = new ManyFiles(stage);
        many.create("few_files", NEEDED);
        many.create("many_files", FILES);
      }
      if (only.contains("small")) {
        small(stage.local(), duckDb);
      }
      if (only.contains("tpch")) {
        tpch(stage.local(), duckDb);
      }
      if (only.contains("files")) {
        files(stage.local());
      }
      if (only.contains("clients")) {
        clients(stage.local(), duckDb);
      }
      if (only.contains("s3")) {
        s3(stage);
      }
    }
    return 0;
  }

  // The parts

  private void small(Gateway gateway, Connection duckDb) throws Exception {
    for (String sql : SMALL) {
      Load.run(1, warmUp / SMALL.size(), index -> new Query(gateway, sql));
    }
    out.printf("%n## Small queries, one client%n%n");
    out.println("| statement | p50 ms | p95 ms | bare p50 ms | bare p95 ms | above p50 ms |");
    out.println("|---|---:|---:|---:|---:|---:|");
    for (String sql : SMALL) {
      Load.Result bare = Load.run(1, seconds, index -> () -> fetch(duckDb, sql));
      Load.Result ours = Load.run(1, seconds, index -> new Query(gateway, sql));
      compare(gateway, duckDb, sql);
      out.printf(
          "| `%s` | %.2f | %.2f | %.2f | %.2f | %.2f |%n",
          shortened(sql),
          ours.latencies().millis(0.5),
          ours.latencies().millis(0.95),
          bare.latencies().millis(0.5),
          bare.latencies().millis(0.95),
          ours.latencies().millis(0.5) - bare.latencies().millis(0.5));
    }
  }

  private void tpch(Gateway gateway, Connection duckDb) throws Exception {
    out.printf("%n## TPC-H at scale %s, one client%n%n", SCALE);
    out.println("| query | p50 ms | bare p50 ms | ratio |");
    out.println("|---|---:|---:|---:|");
    double[][] medians = new double[2][TpchQueries.COUNT];
    for (int query = 1; query <= TpchQueries.COUNT; query++) {
      String sql = TpchQueries.text(query);
      compare(gateway, duckDb, sql);
      double[] both = medians(new Query(gateway, sql), () -> fetch(duckDb, sql));
      medians[0][query - 1] = both[0];
      medians[1][query - 1] = both[1];
      out.printf("| %d | %.1f | %.1f | %.2f |%n", query, both[0], both[1], both[0] / both[1]);
    }
    double ours = Arrays.stream(medians[0]).sum();
    double bare = Arrays.stream(medians[1]).sum();
    out.printf("| all | %.0f | %.0f | **%.2f** |%n", ours, bare, ours / bare);
  }

  /** Medians of two calls that take turns, so that both meet the same machine, in milliseconds. */
  private static double[] medians(Load.Worker first, Load.Worker second) throws Exception {
    long[][] durations = new long[2][ROUNDS];
    try (first;
        second) {
      for (int round = -2; round < ROUNDS; round++) {
        long start = System.nanoTime();
        first.call();
        long between = System.nanoTime();
        second.call();
        if (round >= 0) {
          durations[0][round] = between - start;
          durations[1][round] = System.nanoTime() - between;
        }
      }
    }
    Arrays.sort(durations[0]);
    Arrays.sort(durations[1]);
    return new double[] {durations[0][ROUNDS / 2] / 1e6, durations[1][ROUNDS / 2] / 1e6};
  }

  private void files(Gateway gateway) throws Exception {
    String few = "SELECT count(*), sum(value), max(moment) FROM few_files WHERE id >= 0";
    long first = (long) (FILES / 2) * ManyFiles.ROWS;
    String many =
        "SELECT count(*), sum(value), max(moment) FROM many_files WHERE id >= %d AND id < %d"
            .formatted(first, first + (long) NEEDED * ManyFiles.ROWS);
    long began = System.nanoTime();
    JsonNode answer = gateway.query(many);
    double firstMillis = (System.nanoTime() - began) / 1e6;
    if (answer.get("rows").get(0).get(0).asLong() != (long) NEEDED * ManyFiles.ROWS) {
      throw new IllegalStateException("Wrong answer: " + answer);
    }
    Load.run(1, warmUp / 4, index -> new Query(gateway, few));
    Load.run(1, warmUp / 4, index -> new Query(gateway, many));
    Load.Result ofFew = Load.run(1, seconds, index -> new Query(gateway, few));
    Load.Result ofMany = Load.run(1, seconds, index -> new Query(gateway, many));
    out.printf("%n## %d files of which a query needs %d%n%n", FILES, NEEDED);
    out.println("| table | first ms | p50 ms | p95 ms |");
    out.println("|---|---:|---:|---:|");
    out.printf(
        "| %d files | | %.2f | %.2f |%n",
        NEEDED, ofFew.latencies().millis(0.5), ofFew.latencies().millis(0.95));
    out.printf(
        "| %d files | %.0f | %.2f | %.2f |%n",
        FILES, firstMillis, ofMany.latencies().millis(0.5), ofMany.latencies().millis(0.95));
  }

  private void clients(Gateway gateway, Connection duckDb) throws Exception {
    out.printf("%n## Four clients at once%n%n");
    out.println("| statement | queries/s | bare queries/s | ratio |");
    out.println("|---|---:|---:|---:|");
    List<String> statements = new ArrayList<>(SMALL);
    statements.add(SCAN);
    for (String sql : statements) {
      Load.run(4, warmUp / statements.size(), index -> new Query(gateway, sql));
      Load.Result bare = Load.run(4, seconds, index -> new Bare(duckDb, sql));
      Load.Result ours = Load.run(4, seconds, index -> new Query(gateway, sql));
      out.printf(
          "| `%s` | %.0f | %.0f | %.2f |%n",
          shortened(sql),
          ours.callsPerSecond(),
          bare.callsPerSecond(),
          ours.callsPerSecond() / bare.callsPerSecond());
    }
    if (only.contains("tpch")) {
      Load.Result bare =
          Load.run(4, 3 * seconds, index -> new InTurn(index, sql -> new Bare(duckDb, sql)));
      Load.Result ours =
          Load.run(4, 3 * seconds, index -> new InTurn(index, sql -> new Query(gateway, sql)));
      out.printf(
          "| TPC-H, each client in another order | %.1f | %.1f | **%.2f** |%n",
          ours.callsPerSecond(),
          bare.callsPerSecond(),
          ours.callsPerSecond() / bare.callsPerSecond());
    }
  }

  private void s3(QueryStage stage) throws Exception {
    Gateway s3 = stage.startS3();
    out.printf("%n## Over S3 beside local files, after the first touch%n%n");
    out.println("| statement | first ms | p50 ms | p95 ms | local p50 ms | local p95 ms | ratio |");
    out.println("|---|---:|---:|---:|---:|---:|---:|");
    List<String> statements = new ArrayList<>(SMALL);
    statements.add(SCAN);
    for (String sql : statements) {
      long began = System.nanoTime();
      s3.query(sql);
      double firstMillis = (System.nanoTime() - began) / 1e6;
      Load.run(1, warmUp / 2, index -> new Query(s3, sql));
      Load.run(1, warmUp / 8, index -> new Query(stage.local(), sql));
      Load.Result remote = Load.run(1, seconds, index -> new Query(s3, sql));
      Load.Result local = Load.run(1, seconds, index -> new Query(stage.local(), sql));
      out.printf(
          "| `%s` | %.0f | %.2f | %.2f | %.2f | %.2f | %.2f |%n",
          shortened(sql),
          firstMillis,
          remote.latencies().millis(0.5),
          remote.latencies().millis(0.95),
          local.latencies().millis(0.5),
          local.latencies().millis(0.95),
          remote.latencies().millis(0.5) / local.latencies().millis(0.5));
    }
    if (only.contains("tpch")) {
      double[] sums = new double[2];
      for (int query = 1; query <= TpchQueries.COUNT; query++) {
        String sql = TpchQueries.text(query);
        double[] both = medians(new Query(s3, sql), new Query(stage.local(), sql));
        sums[0] += both[0];
        sums[1] += both[1];
      }
      out.printf(
          "| TPC-H, all 22 | | %.0f | | %.0f | | **%.2f** |%n",
          sums[0], sums[1], sums[0] / sums[1]);
    }
  }

  // Data

  private static void fillFlights(QueryStage stage, String table, int rows, int batch)
      throws IOException, InterruptedException {
    stage
        .local()
        .createTable("{\"name\": \"%s\", \"columns\": %s}".formatted(table, FlightRows.COLUMNS));
    FlightRows flights = new FlightRows(1, batch, 1);
    try (HttpConnection connection = stage.local().connect()) {
      for (int sent = 0; sent < rows; sent += batch) {
        connection
            .post("/v1/tables/" + table + "/events", "application/x-ndjson", flights.next())
            .orThrow();
      }
    }
    stage.local().drain();
  }

  private static void fillTpch(QueryStage stage, TpchTable table)
      throws IOException, InterruptedException {
    String columns =
        table.columns().stream()
            .map(column -> column.split(" ", 2))
            .map(column -> "{\"name\": \"%s\", \"type\": \"%s\"}".formatted(column[0], column[1]))
            .collect(Collectors.joining(", ", "[", "]"));
    stage
        .local()
        .createTable("{\"name\": \"%s\", \"columns\": %s}".formatted(table.tableName(), columns));
    try (HttpConnection connection = stage.local().connect();
        Chunks chunks = new Chunks(connection, "/v1/tables/" + table.tableName() + "/events")) {
      TpchData.ofScale(SCALE).writeNdjson(table, chunks);
    }
    stage.local().drain();
  }

  /** Sends lines in requests of a few megabytes. */
  private static final class Chunks extends OutputStream {
    private final HttpConnection connection;
    private final String path;
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream(2 * CHUNK_BYTES);

    Chunks(HttpConnection connection, String path) {
      this.connection = connection;
      this.path = path;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int rest = offset;
      if (buffer.size() >= CHUNK_BYTES) {
        while (rest < offset + length && buffer.size() >= CHUNK_BYTES) {
          buffer.write(bytes[rest]);
          rest++;
          if (bytes[rest - 1] == '\n') {
            send();
          }
        }
      }
      buffer.write(bytes, rest, offset + length - rest);
    }

    private void send() throws IOException {
      connection.post(path, "application/x-ndjson", buffer.toByteArray()).orThrow();
      buffer.reset();
    }

    @Override
    public void close() throws IOException {
      if (buffer.size() > 0) {
        send();
      }
    }
  }

  /** A view of the table's files as somebody would make it who has no more than them. */
  private static void bind(Connection duckDb, QueryStage stage, String table)
      throws IOException, SQLException {
    String id;
    try (HttpConnection connection = stage.local().connect()) {
      id =
          Gateway.JSON
              .readTree(connection.get("/v1/tables/" + table).orThrow().body())
              .get("table_id")
              .asString();
    }
    String list;
    try (Stream<Path> all = Files.walk(stage.objects())) {
      list =
          all.filter(file -> file.toString().endsWith(".parquet"))
              .filter(file -> file.toString().contains(id))
              .map(file -> "'" + file + "'")
              .sorted()
              .collect(Collectors.joining(", ", "[", "]"));
    }
    try (Statement statement = duckDb.createStatement()) {
      statement.execute("CREATE VIEW %s AS SELECT * FROM read_parquet(%s)".formatted(table, list));
    }
  }

  /** Both must give the same number of rows, and where it is one number, that number. */
  private static void compare(Gateway gateway, Connection duckDb, String sql) throws Exception {
    int rows = fetch(duckDb, sql);
    JsonNode answer = gateway.query(sql);
    boolean same = answer.get("row_count").asInt() == rows;
    if (same && rows == 1 && answer.get("columns").size() == 1) {
      try (Statement statement = duckDb.createStatement();
          ResultSet result = statement.executeQuery(sql)) {
        result.next();
        double expected = result.getDouble(1);
        double actual = Double.parseDouble(answer.get("rows").get(0).get(0).asString());
        // Sums of floating numbers depend on which thread was first.
        same = Math.abs(actual - expected) <= 1e-9 * Math.abs(expected);
      }
    }
    if (!same) {
      throw new IllegalStateException("Answers differ: " + sql);
    }
  }

  private static int fetch(Connection duckDb, String sql) throws SQLException {
    int rows = 0;
    try (PreparedStatement statement = duckDb.prepareStatement(sql);
        ResultSet result = statement.executeQuery()) {
      while (result.next()) {
        rows++;
      }
    }
    return rows;
  }

  private static String shortened(String sql) {
    return sql.length() > 48 ? sql.substring(0, 48) + "…" : sql;
  }

  /** A client that asks the same again and again. */
  private static final class Query implements Load.Worker {
    private final HttpConnection connection;
    private final byte[] body;

    Query(Gateway gateway, String sql) throws IOException {
      this.connection = gateway.connect();
      this.body = Gateway.body(sql);
    }

    @Override
    public void call() throws IOException {
      connection.post("/v1/query", "application/json", body).orThrow();
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }

  /** A connection of its own to the bare DuckDB. */
  private static final class Bare implements Load.Worker {
    private final Connection connection;
    private final String sql;

    Bare(Connection duckDb, String sql) throws SQLException {
      this.connection = duckDb.unwrap(DuckDBConnection.class).duplicate();
      this.sql = sql;
    }

    @Override
    public void call() throws SQLException {
      fetch(connection, sql);
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  /** A client that runs the queries of TPC-H in turn. */
  private static final class InTurn implements Load.Worker {
    private final List<Load.Worker> queries = new ArrayList<>();
    private int next;

    InTurn(int index, Opening opening) throws Exception {
      for (int query = 1; query <= TpchQueries.COUNT; query++) {
        queries.add(opening.open(TpchQueries.text(query)));
      }
      next = index * TpchQueries.COUNT / 4;
    }

    interface Opening {
      Load.Worker open(String sql) throws Exception;
    }

    @Override
    public void call() throws Exception {
      queries.get(next++ % queries.size()).call();
    }

    @Override
    public void close() throws Exception {
      for (Load.Worker query : queries) {
        query.close();
      }
    }
  }

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Queries()).execute(arguments));
  }
}

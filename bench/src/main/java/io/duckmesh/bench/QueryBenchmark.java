package io.duckmesh.bench;

import io.duckmesh.bench.IngestBenchmark.Sender;
import java.io.IOException;
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
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Queries over HTTP beside bare DuckDB, which reads the same files over a warm connection. */
final class QueryBenchmark {
  private static final List<String> STATEMENTS =
      List.of(
          "SELECT count(*) FROM %s",
          "SELECT carrier, count(*), avg(dep_delay) FROM %s GROUP BY carrier ORDER BY carrier",
          "SELECT flight_id, dep_delay FROM %s WHERE origin = 'JFK' ORDER BY dep_delay DESC NULLS"
              + " LAST, flight_id LIMIT 10");

  private final Server server;
  private final double warmUp;
  private final double seconds;
  private final PrintStream out;

  QueryBenchmark(Server server, double warmUp, double seconds, PrintStream out) {
    this.server = server;
    this.warmUp = warmUp;
    this.seconds = seconds;
    this.out = out;
  }

  void run() throws Exception {
    fill("query_small", 1_000, 1_000);
    fill("query_million", 1_000_000, 10_000);
    warmUp();
    out.println();
    out.println("## Queries, warm, one client");
    out.println();
    out.println(
        "| table | files | statement | p50 ms | p95 ms | bare DuckDB p50 ms | p95 ms | above p50 ms |");
    out.println("|---|---:|---|---:|---:|---:|---:|---:|");
    for (String table : List.of("query_small", "query_million")) {
      List<Path> files = files(table);
      try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:")) {
        bind(duckDb, table, files);
        for (String statement : STATEMENTS) {
          line(duckDb, table, files.size(), statement.formatted(table));
        }
      }
    }
  }

  /** The server's code for queries is compiled while it runs, which takes thousands of them. */
  private void warmUp() throws Exception {
    for (String statement : STATEMENTS) {
      byte[] body =
          Server.JSON.writeValueAsBytes(Map.of("sql", statement.formatted("query_small")));
      Load.run(1, warmUp / STATEMENTS.size(), index -> new Query(body));
    }
  }

  private void fill(String table, int rows, int batch) throws Exception {
    server.createTable(table, false);
    try (Sender sender = new Sender(server, table, 1, batch, "")) {
      for (int sent = 0; sent < rows; sent += batch) {
        sender.call();
      }
    }
    server.drain();
  }

  /** The files that the store has for the table, found by the table's id in their keys. */
  private List<Path> files(String table) throws IOException {
    try (HttpConnection connection = server.connect()) {
      String id =
          Server.JSON
              .readTree(connection.get("/v1/tables/" + table).orThrow().body())
              .get("table_id")
              .asString();
      try (Stream<Path> all = Files.walk(server.home())) {
        return all.filter(file -> file.toString().endsWith(".parquet"))
            .filter(file -> file.toString().contains(id))
            .toList();
      }
    }
  }

  private static void bind(Connection duckDb, String table, List<Path> files) throws SQLException {
    String list =
        files.stream().map(file -> "'" + file + "'").collect(Collectors.joining(", ", "[", "]"));
    try (Statement statement = duckDb.createStatement()) {
      statement.execute("CREATE VIEW %s AS SELECT * FROM read_parquet(%s)".formatted(table, list));
    }
  }

  private void line(Connection duckDb, String table, int files, String sql) throws Exception {
    Load.Result bare = Load.run(1, seconds, index -> () -> fetch(duckDb, sql));
    byte[] body = Server.JSON.writeValueAsBytes(Map.of("sql", sql));
    Load.Result ours = Load.run(1, seconds, index -> new Query(body));
    compare(duckDb, sql);
    out.printf(
        "| %s | %d | `%s` | %.2f | %.2f | %.2f | %.2f | %.2f |%n",
        table,
        files,
        sql.length() > 48 ? sql.substring(0, 48) + "…" : sql,
        ours.latencies().millis(0.5),
        ours.latencies().millis(0.95),
        bare.latencies().millis(0.5),
        bare.latencies().millis(0.95),
        ours.latencies().millis(0.5) - bare.latencies().millis(0.5));
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

  /** Both must give the same number of rows, and where it is one number, that number. */
  private void compare(Connection duckDb, String sql) throws Exception {
    int rows = fetch(duckDb, sql);
    var answer = server.query(sql);
    boolean same = answer.get("row_count").asInt() == rows;
    if (same && rows == 1) {
      try (Statement statement = duckDb.createStatement();
          ResultSet result = statement.executeQuery(sql)) {
        result.next();
        same = result.getLong(1) == answer.get("rows").get(0).get(0).asLong();
      }
    }
    if (!same) {
      throw new IllegalStateException("Answers differ: " + sql);
    }
  }

  private final class Query implements Load.Worker {
    private final HttpConnection connection = server.connect();
    private final byte[] body;

    Query(byte[] body) throws IOException {
      this.body = body;
    }

    @Override
    public void call() throws IOException {
      HttpConnection.Answer answer = connection.post("/v1/query", "application/json", body);
      if (answer.status() != 200) {
        throw new IllegalStateException(new String(answer.body(), StandardCharsets.UTF_8));
      }
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }
}

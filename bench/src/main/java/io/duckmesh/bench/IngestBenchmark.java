package io.duckmesh.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/**
 * Durable ingest: rows a second and acknowledgement times, by batch size, connections and event
 * keys.
 */
final class IngestBenchmark {
  private final Server server;
  private final BarePostgres postgres;
  private final List<Integer> batches;
  private final List<Integer> connections;
  private final double warmUp;
  private final double seconds;
  private final PrintStream out;

  /**
   * @param batches rows of a request, each measured by itself
   * @param connections the same
   */
  IngestBenchmark(
      Server server,
      BarePostgres postgres,
      List<Integer> batches,
      List<Integer> connections,
      double warmUp,
      double seconds,
      PrintStream out) {
    this.server = server;
    this.postgres = postgres;
    this.batches = batches;
    this.connections = connections;
    this.warmUp = warmUp;
    this.seconds = seconds;
    this.out = out;
  }

  void run() throws Exception {
    server.createTable("warm_up", false);
    ingest("warm_up", 64, 1, warmUp / 2);
    ingest("warm_up", 8, 1_000, warmUp / 2);
    server.drain();
    out.println();
    out.println("## Durable ingest of NDJSON (20 columns, about 350 bytes a row)");
    out.println();
    out.println(
        "| rows a request | connections | event keys | rows/s | requests/s | ack p50 ms | ack p99 ms |"
            + " drained after s | bare PostgreSQL rows/s | ratio |");
    out.println("|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|");
    for (int batch : batches) {
      for (int clients : connections) {
        double bare = postgres.insert(clients, seconds, batch).callsPerSecond() * batch;
        for (boolean eventKeys : new boolean[] {false, true}) {
          line(batch, clients, eventKeys, bare);
        }
      }
    }
  }

  private void line(int batch, int clients, boolean eventKeys, double bare) throws Exception {
    String table = "ingest_%d_%d_%s".formatted(batch, clients, eventKeys ? "keyed" : "plain");
    server.createTable(table, eventKeys);
    Load.Result result = ingest(table, clients, batch, seconds);
    double drained = server.drain();
    long expected = (long) result.latencies().count() * batch;
    long visible = server.query("SELECT count(*) FROM " + table).get("rows").get(0).get(0).asLong();
    if (visible != expected) {
      throw new IllegalStateException(
          "%s: %d rows were acknowledged, %d are visible".formatted(table, expected, visible));
    }
    double rows = result.callsPerSecond() * batch;
    out.printf(
        "| %,d | %d | %s | %,.0f | %,.0f | %.2f | %.2f | %.1f | %,.0f | %.2f |%n",
        batch,
        clients,
        eventKeys ? "yes" : "no",
        rows,
        result.callsPerSecond(),
        result.latencies().millis(0.5),
        result.latencies().millis(0.99),
        drained,
        bare,
        rows / bare);
  }

  private Load.Result ingest(String table, int clients, int batch, double seconds)
      throws Exception {
    return Load.run(clients, seconds, index -> new Sender(server, table, index, batch, ""));
  }

  /** Sends bodies of flights over one connection. */
  static final class Sender implements Load.Worker {
    private final HttpConnection connection;
    private final FlightRows flights;
    private final String path;

    Sender(Server server, String table, int source, int batch, String query) throws IOException {
      this.connection = server.connect();
      this.flights = new FlightRows(source, batch, 1);
      this.path = "/v1/tables/" + table + "/events" + query;
    }

    @Override
    public void call() throws IOException {
      connection.post(path, "application/x-ndjson", flights.next()).orThrow();
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }
}

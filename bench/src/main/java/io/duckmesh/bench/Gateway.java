package io.duckmesh.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A running gateway as a client knows it. */
record Gateway(URI url, String key) {
  static final JsonMapper JSON = new JsonMapper();

  HttpConnection connect() throws IOException {
    return new HttpConnection(url, key);
  }

  /** Whether it answers that it is ready. */
  boolean ready() {
    try (HttpConnection connection = connect()) {
      return connection.get("/v1/ready").status() == 200;
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  /** Makes a table; the body is the one of {@code POST /v1/tables}. Returns its id. */
  String createTable(String body) throws IOException {
    try (HttpConnection connection = connect()) {
      return JSON.readTree(
              connection
                  .post("/v1/tables", "application/json", body.getBytes(StandardCharsets.UTF_8))
                  .orThrow()
                  .body())
          .get("table_id")
          .asString();
    }
  }

  /** Sends rows to a table. */
  void send(String table, String ndjson) throws IOException {
    try (HttpConnection connection = connect()) {
      connection
          .post(
              "/v1/tables/" + table + "/events",
              "application/x-ndjson",
              ndjson.getBytes(StandardCharsets.UTF_8))
          .orThrow();
    }
  }

  /** The body of {@code POST /v1/query} for a statement. */
  static byte[] body(String sql) {
    return JSON.writeValueAsBytes(Map.of("sql", sql));
  }

  /** Runs a query and returns the parsed answer. */
  JsonNode query(String sql) throws IOException {
    try (HttpConnection connection = connect()) {
      return JSON.readTree(
          connection.post("/v1/query", "application/json", body(sql)).orThrow().body());
    }
  }

  /** Waits until everything has landed. */
  void drain() throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
    while (pendingSegments() > 0) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(pendingSegments() + " segments have not landed");
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  /** Segments that are durable and have not landed, over all shards. */
  private long pendingSegments() throws IOException {
    try (HttpConnection connection = connect()) {
      JsonNode lag = JSON.readTree(connection.get("/v1/lag").orThrow().body());
      long pending = 0;
      for (JsonNode shard : lag.get("shards")) {
        pending += shard.get("head").asLong() - shard.get("watermark").asLong();
      }
      return pending;
    }
  }
}

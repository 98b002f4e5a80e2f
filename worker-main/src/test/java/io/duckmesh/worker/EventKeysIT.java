package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.testing.PostgresServer;
import io.duckmesh.testing.TemporalServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Many events of which three in ten are repeats, through a gateway and a materializer in processes
 * of their own that are killed in between. The promise was made for a million: {@code
 * -Dduckmesh.test.events=1000000}.
 */
class EventKeysIT {
  private static final int REQUEST_ROWS = 1_000;
  private static final int NEW_ROWS = 700;
  private static final int SENDERS = 4;
  private static final int WAVES = 3;
  private static final int REQUESTS = Integer.getInteger("duckmesh.test.events", 60_000) / REQUEST_ROWS;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final int gatewayPort = Stack.freePort();
  private final int managementPort = Stack.freePort();
  private String key = "";

  @TempDir private Path folder;

  @Test
  void repeatedEventsAreVisibleOnceThroughKillsOfGatewayAndMaterializer() throws Exception {
    PostgresServer postgres = PostgresServer.shared();
    String database = postgres.jdbcUrl(postgres.createDatabase());
    try (TemporalServer temporal = TemporalServer.start()) {
      Map<String, String> environment = environment(database, temporal);
      Process gateway = start("api", environment);
      Process materializer = start("materializer", environment);
      try {
        awaitReady();
        key =
            Program.run(folder, environment, "keys", "create", "--roles", "all").out().strip();
        post(
            "/v1/tables",
            "application/json",
            """
            {"name": "readings", "event_key": ["id"], "settings": {"shards": 2},
             "columns": [{"name": "id", "type": "BIGINT", "required": true},
                         {"name": "request", "type": "INTEGER"}]}
            """,
            "create");
        List<String> bodies = bodies();
        List<String> receipts = new ArrayList<>();
        int waveSize = Math.ceilDiv(bodies.size(), WAVES);

        for (int wave = 0; wave < WAVES; wave++) {
          int from = wave * waveSize;
          int to = Math.min(bodies.size(), from + waveSize);
          int middle = (from + to) / 2;
          receipts.addAll(send(bodies, from, middle));
          materializer.destroyForcibly().waitFor();
          receipts.addAll(send(bodies, middle, to));
          gateway.destroyForcibly().waitFor();
          gateway = start("api", environment);
          materializer = start("materializer", environment);
          awaitReady();
        }

        Totals totals = totals(receipts);
        long events = (long) REQUESTS * REQUEST_ROWS;
        long distinct = (long) REQUESTS * NEW_ROWS;
        assertThat(totals).isEqualTo(new Totals(events, distinct, events - distinct, 0));
        assertThat(rows("SELECT count(*), count(DISTINCT id), min(id), max(id) FROM readings"))
            .isEqualTo("[[%d,%d,0,%d]]".formatted(distinct, distinct, distinct - 1));
        assertThat(get("/v1/tables/readings").get("counts").toString())
            .isEqualTo(
                "{\"visible\":%d,\"duplicates\":%d,\"quarantined\":0}"
                    .formatted(distinct, events - distinct));
        // A request that comes again after everything is still known: nothing new is accepted.
        assertThat(send(bodies, 0, 1)).containsExactly(receipts.getFirst());
      } finally {
        gateway.destroyForcibly();
        materializer.destroyForcibly();
      }
    }
  }

  /** Requests with 700 new ids each, 100 of them twice, and 200 ids of earlier requests. */
  private static List<String> bodies() {
    Random random = new Random(4);
    List<String> bodies = new ArrayList<>();
    for (int request = 0; request < REQUESTS; request++) {
      long first = (long) request * NEW_ROWS;
      List<Long> ids = new ArrayList<>(LongStream.range(first, first + NEW_ROWS).boxed().toList());
      while (ids.size() < REQUEST_ROWS) {
        boolean own = request == 0 || ids.size() < NEW_ROWS + 100;
        ids.add(own ? first + random.nextLong(NEW_ROWS) : random.nextLong(first));
      }
      Collections.shuffle(ids, random);
      StringBuilder body = new StringBuilder();
      for (long id : ids) {
        body.append("{\"id\":").append(id).append(",\"request\":").append(request).append("}\n");
      }
      bodies.add(body.toString());
    }
    return bodies;
  }

  /** The receipts, in order. */
  private List<String> send(List<String> bodies, int from, int to) throws Exception {
    List<String> receipts = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(SENDERS)) {
      List<Callable<String>> requests = new ArrayList<>();
      for (int i = from; i < to; i++) {
        int request = i;
        requests.add(
            () ->
                post(
                        "/v1/tables/readings/events",
                        "application/x-ndjson",
                        bodies.get(request),
                        "request-" + request)
                    .get("receipt_id")
                    .asString());
      }
      for (Future<String> receipt : executor.invokeAll(requests)) {
        receipts.add(receipt.get());
      }
    }
    return receipts;
  }

  /** What became of the events of all receipts. */
  private record Totals(long accepted, long visible, long duplicates, long quarantined) {}

  private Totals totals(List<String> receipts) throws Exception {
    Totals totals = new Totals(0, 0, 0, 0);
    for (String id : receipts) {
      JsonNode receipt = get("/v1/receipts/%s?wait=visible&timeout=1m".formatted(id));
      totals =
          new Totals(
              totals.accepted + receipt.get("accepted").asLong(),
              totals.visible + receipt.get("visible").asLong(),
              totals.duplicates + receipt.get("duplicates").asLong(),
              totals.quarantined + receipt.get("quarantined").asLong());
    }
    return totals;
  }

  private String rows(String sql) throws Exception {
    return post(
            "/v1/query",
            "application/json",
            Stack.JSON.createObjectNode().put("sql", sql).toString(),
            "query")
        .get("rows")
        .toString();
  }

  private Map<String, String> environment(String database, TemporalServer temporal)
      throws IOException {
    Path config =
        Files.writeString(
            folder.resolve("duckmesh.yaml"),
            """
            http: {address: 127.0.0.1, port: %d}
            management.port: %d
            database.url: %s
            object-store.url: %s
            cache.directory: %s
            temporal:
              target: %s
              namespace: %s
            """
                .formatted(
                    gatewayPort,
                    managementPort,
                    database,
                    folder.resolve("objects").toUri(),
                    folder.resolve("cache"),
                    temporal.address(),
                    temporal.namespace()));
    return Map.of("DUCKMESH_CONFIG", config.toString());
  }

  private Process start(String role, Map<String, String> environment) throws IOException {
    return Program.builder(folder, environment, List.of("-Xmx600m"), "server", "--roles", role)
        .redirectErrorStream(true)
        .redirectOutput(
            ProcessBuilder.Redirect.appendTo(folder.resolve(role + ".log").toFile()))
        .start();
  }

  private void awaitReady() {
    Stack.await(
        "the gateway is ready",
        LIMIT,
        () -> {
          try {
            return answer(HttpRequest.newBuilder(uri("/v1/ready")).GET()).statusCode() == 200;
          } catch (IOException e) {
            return false;
          }
        });
  }

  private JsonNode post(String path, String contentType, String body, String requestKey)
      throws IOException {
    HttpResponse<String> response =
        answer(
            HttpRequest.newBuilder(uri(path))
                .header("Content-Type", contentType)
                .header("Idempotency-Key", requestKey)
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    assertThat(response.statusCode() / 100).as(response.body()).isEqualTo(2);
    return Stack.JSON.readTree(response.body());
  }

  private JsonNode get(String path) throws IOException {
    HttpResponse<String> response = answer(HttpRequest.newBuilder(uri(path)).GET());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return Stack.JSON.readTree(response.body());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + gatewayPort + path);
  }

  private HttpResponse<String> answer(HttpRequest.Builder request) throws IOException {
    try {
      return http.send(
          request.header("Authorization", "Bearer " + key).timeout(Duration.ofMinutes(2)).build(),
          BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException("Interrupted", e));
    }
  }
}

package io.duckmesh.worker.dev;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.worker.cli.ClientFile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * kill -9 of the whole tree at random moments: what was acknowledged is there exactly once. More
 * rounds with {@code -Dduckmesh.crash.rounds=20}, others with {@code -Dduckmesh.crash.seed=…}.
 */
class DevCrashIT {
  private static final int ROUNDS = Integer.getInteger("duckmesh.crash.rounds", 3);
  private static final long SEED = Long.getLong("duckmesh.crash.seed", System.nanoTime());
  private static final int CLIENTS = 3;
  private static final int BATCH = 50;

  private static final JsonMapper JSON = new JsonMapper();

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final Random random = new Random(SEED);

  /** First number of each batch that was acknowledged. */
  private final Set<Integer> acknowledged = new ConcurrentSkipListSet<>();

  private final AtomicInteger nextBatch = new AtomicInteger();

  @TempDir private Path folder;

  @Test
  void acknowledgedIsThereOnceAfterEveryKill() throws Exception {
    int port = FreePorts.any();
    DevProcess dev = DevProcess.start(folder, port);
    try {
      ClientFile client = dev.client();
      send(
          client,
          "/v1/tables",
          "application/json",
          """
          {"name":"crash","columns":[{"name":"n","type":"BIGINT","required":true},
                                     {"name":"round","type":"INTEGER"}]}""");
      for (int round = 1; round <= ROUNDS; round++) {
        List<Thread> clients = startClients(client, round);
        LockSupport.parkNanos(Duration.ofMillis(300 + random.nextInt(3_000)).toNanos());
        dev.killTree();
        for (Thread thread : clients) {
          thread.join();
        }

        dev = DevProcess.start(folder, port);
        assertThat(dev.client()).isEqualTo(client);
        verify(client, round);
      }

      assertThat(dev.stop()).as(dev.output()).isZero();
    } finally {
      dev.close();
    }
  }

  private List<Thread> startClients(ClientFile client, int round) {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      threads.add(
          Thread.ofPlatform()
              .name("client-" + i)
              .start(
                  () -> {
                    while (sendBatch(client, round)) {
                      // Until the gateway is gone.
                    }
                  }));
    }
    return threads;
  }

  private boolean sendBatch(ClientFile client, int round) {
    int first = nextBatch.getAndIncrement() * BATCH;
    StringBuilder body = new StringBuilder();
    for (int n = first; n < first + BATCH; n++) {
      body.append("{\"n\":%d,\"round\":%d}\n".formatted(n, round));
    }
    try {
      JsonNode receipt =
          send(client, "/v1/tables/crash/events", "application/x-ndjson", body.toString());
      assertThat(receipt.path("accepted").asInt()).isEqualTo(BATCH);
      acknowledged.add(first);
      return true;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void verify(ClientFile client, int round) throws Exception {
    // A write after the restart, and everything before it in the same log is visible with it.
    String token =
        send(
                client,
                "/v1/tables/crash/events?wait=visible&timeout=60s",
                "application/x-ndjson",
                "{\"n\":-%d,\"round\":%d}\n".formatted(round, round))
            .path("token")
            .asString();
    Set<Integer> expected = new TreeSet<>(acknowledged);
    JsonNode answer =
        send(
            client,
            "/v1/query",
            "application/json",
            """
            {"sql":"SELECT n // %d * %d AS first, count(*), count(DISTINCT n) FROM crash WHERE n >= 0 GROUP BY ALL ORDER BY 1",
             "min_visibility_token":"%s"}"""
                .formatted(BATCH, BATCH, token));
    Set<Integer> visible = new TreeSet<>();
    for (JsonNode row : answer.path("rows")) {
      assertThat(row.path(1).asInt()).as("rows of batch %s", row).isEqualTo(BATCH);
      assertThat(row.path(2).asInt()).as("different rows of batch %s", row).isEqualTo(BATCH);
      visible.add(row.path(0).asInt());
    }
    // A batch that was being sent when the process died may or may not have made it.
    assertThat(visible).as("seed %d, round %d", SEED, round).containsAll(expected);
  }

  private JsonNode send(ClientFile client, String path, String contentType, String body)
      throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(URI.create(client.url() + path))
                .header("Authorization", "Bearer " + client.key())
                .header("Content-Type", contentType)
                .timeout(Duration.ofSeconds(90))
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    if (response.statusCode() / 100 != 2) {
      throw new IOException(response.statusCode() + ": " + response.body());
    }
    return JSON.readTree(response.body());
  }
}

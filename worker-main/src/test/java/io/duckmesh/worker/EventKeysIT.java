package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.testing.TemporalServer;
import java.nio.file.Path;
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
 * Many events of which three in ten are repeats, through a gateway and a materializer that are
 * killed in between. The promise was made for a million: {@code -Dduckmesh.test.events=1000000}.
 */
class EventKeysIT {
  private static final int REQUEST_ROWS = 1_000;
  private static final int NEW_ROWS = 700;
  private static final int SENDERS = 4;
  private static final int WAVES = 3;
  private static final int REQUESTS =
      Integer.getInteger("duckmesh.test.events", 60_000) / REQUEST_ROWS;

  @TempDir private Path folder;

  @Test
  void repeatedEventsAreVisibleOnceThroughKillsOfGatewayAndMaterializer() throws Exception {
    try (TemporalServer temporal = TemporalServer.start();
        Deployment deployment =
            Deployment.start(
                folder,
                temporal,
                "object-store.url: " + folder.resolve("objects").toUri(),
                Map.of())) {
      deployment.post(
          "/v1/tables",
          "application/json",
          """
          {"name": "readings", "event_key": ["id"], "settings": {"shards": 2},
           "columns": [{"name": "id", "type": "BIGINT", "required": true},
                       {"name": "request", "type": "INTEGER"}]}
          """);
      List<String> bodies = bodies();
      List<String> receipts = new ArrayList<>();
      int waveSize = Math.ceilDiv(bodies.size(), WAVES);

      for (int wave = 0; wave < WAVES; wave++) {
        Process materializer = deployment.startMaterializer("materializer");
        int from = wave * waveSize;
        int to = Math.min(bodies.size(), from + waveSize);
        int middle = (from + to) / 2;
        receipts.addAll(send(deployment, bodies, from, middle));
        deployment.landed(receipts.get(from));
        Deployment.kill(materializer);
        receipts.addAll(send(deployment, bodies, middle, to));
        deployment.killGateway();
        deployment.startGateway();
      }
      deployment.startMaterializer("materializer");

      long events = (long) REQUESTS * REQUEST_ROWS;
      long distinct = (long) REQUESTS * NEW_ROWS;
      assertThat(totals(deployment, receipts))
          .isEqualTo(new Totals(events, distinct, events - distinct, 0));
      assertThat(
              deployment.rows(
                  "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM readings"))
          .isEqualTo("[[%d,%d,0,%d]]".formatted(distinct, distinct, distinct - 1));
      JsonNode counts = deployment.get("/v1/tables/readings").get("counts");
      assertThat(counts.get("visible").asLong()).isEqualTo(distinct);
      assertThat(counts.get("duplicates").asLong()).isEqualTo(events - distinct);
      // A request that comes again after all this is still known, and gets its first receipt.
      assertThat(send(deployment, bodies, 0, 1)).containsExactly(receipts.getFirst());
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
  private static List<String> send(Deployment deployment, List<String> bodies, int from, int to)
      throws Exception {
    List<String> receipts = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(SENDERS)) {
      List<Callable<String>> requests = new ArrayList<>();
      for (int i = from; i < to; i++) {
        int request = i;
        requests.add(
            () ->
                deployment
                    .send("readings", "request-" + request, bodies.get(request))
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

  private static Totals totals(Deployment deployment, List<String> receipts) {
    Totals totals = new Totals(0, 0, 0, 0);
    for (String id : receipts) {
      JsonNode receipt = deployment.landed(id);
      totals =
          new Totals(
              totals.accepted + receipt.get("accepted").asLong(),
              totals.visible + receipt.get("visible").asLong(),
              totals.duplicates + receipt.get("duplicates").asLong(),
              totals.quarantined + receipt.get("quarantined").asLong());
    }
    return totals;
  }
}

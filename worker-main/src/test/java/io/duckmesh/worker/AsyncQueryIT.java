package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.testing.TemporalServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Asynchronous queries at gateways in processes of their own, of which one is killed. */
class AsyncQueryIT {
  private static final String ENDLESS =
      "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = -1";

  @TempDir private Path folder;

  @Test
  void queriesOutliveTheGatewayThatTookThemAndNoneIsStuckWhenTheirRunnerIsKilled()
      throws Exception {
    Path objects = folder.resolve("objects");
    try (TemporalServer temporal = TemporalServer.start();
        Deployment asked =
            Deployment.start(
                folder,
                temporal,
                """
                object-store.url: %s
                query: {async-concurrency: 0, async-lease-seconds: 3, result-retention-seconds: 5}
                """
                    .formatted(objects.toUri()),
                Map.of())) {
      Process runner = asked.startGateway("runner", "--query-async-concurrency=2");

      String answered = submit(asked, "SELECT 42 AS answer");
      JsonNode query = finished(asked, answered);
      assertThat(query.get("state").asString()).as(query.toString()).isEqualTo("succeeded");
      assertThat(asked.get("/v1/queries/" + answered + "/result").get("rows").toString())
          .isEqualTo("[[42]]");

      String cancelled = submit(asked, ENDLESS);
      awaitState(asked, cancelled, "running");
      asked.delete("/v1/queries/" + cancelled);
      assertThat(finished(asked, cancelled).get("state").asString()).isEqualTo("cancelled");

      List<String> lost = List.of(submit(asked, ENDLESS), submit(asked, ENDLESS));
      lost.forEach(id -> awaitState(asked, id, "running"));
      String waiting = submit(asked, "SELECT 43 AS answer");
      Deployment.kill(runner);

      for (String id : lost) {
        JsonNode failed = finished(asked, id);
        assertThat(failed.get("state").asString()).isEqualTo("failed");
        assertThat(failed.get("error").get("error_code").asString()).isEqualTo("UNAVAILABLE");
        assertThat(failed.get("error").get("retryable").asBoolean()).isTrue();
      }
      assertThat(asked.get("/v1/queries/" + waiting).get("state").asString()).isEqualTo("queued");
      asked.startGateway("second-runner", "--query-async-concurrency=2");
      assertThat(finished(asked, waiting).get("state").asString()).isEqualTo("succeeded");

      awaitState(asked, answered, "expired");
      awaitState(asked, waiting, "expired");
      Stack.await("no result is left", Deployment.LIMIT, () -> results(objects) == 0);
    }
  }

  private static String submit(Deployment gateway, String sql) {
    return gateway
        .post(
            "/v1/queries",
            "application/json",
            Stack.JSON.createObjectNode().put("sql", sql).toString())
        .get("query_id")
        .asString();
  }

  private static JsonNode finished(Deployment gateway, String id) {
    long deadline = System.nanoTime() + Deployment.LIMIT.toNanos();
    while (true) {
      JsonNode query = gateway.get("/v1/queries/" + id + "?wait=finished&timeout=30s");
      String state = query.get("state").asString();
      if (!state.equals("queued") && !state.equals("running")) {
        return query;
      }
      assertThat(System.nanoTime()).as(query.toString()).isLessThan(deadline);
    }
  }

  private static void awaitState(Deployment gateway, String id, String state) {
    Stack.await(
        "query %s is %s".formatted(id, state),
        Duration.ofMinutes(2),
        () -> gateway.get("/v1/queries/" + id).get("state").asString().equals(state));
  }

  private static long results(Path objects) {
    Path results = objects.resolve("default").resolve("query-results");
    if (!Files.exists(results)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(results)) {
      return files.filter(Files::isRegularFile).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

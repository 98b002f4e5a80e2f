package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class OperationsTest extends GatewayTestBase {
  @Test
  void lagShowsWhatHasNotLanded() {
    String table = newTable();
    JsonNode behind;
    String token;
    try (TestLander.Hold held = lander().hold()) {
      token =
          gateway().post(events(table), "[{\"id\":1},{\"id\":2}]").json().get("token").asString();
      behind = shard(table);
    }
    count(table, token);

    assertThat(behind.get("backlog_segments").asLong()).isPositive();
    assertThat(behind.get("backlog_rows").asLong()).isGreaterThanOrEqualTo(2);
    assertThat(behind.get("backlog_bytes").asLong()).isPositive();
    assertThat(behind.get("oldest_age_seconds").isNumber()).isTrue();
    assertThat(shard(table).get("watermark").asLong())
        .isGreaterThanOrEqualTo(behind.get("head").asLong());
  }

  private static JsonNode shard(String table) {
    String name = gateway().get("/v1/tables/" + table).json().get("shards").get(0).asString();
    for (JsonNode shard : gateway().get("/v1/lag").json().get("shards")) {
      if (shard.get("shard").asString().equals(name)) {
        return shard;
      }
    }
    throw new AssertionError(name);
  }

  @Test
  void metricsCountInTheWordsOfTheDesign() {
    String table = newTable();
    gateway().post(events(table) + "?wait=visible", "[{\"id\":1},{\"id\":2}]");
    gateway().post("/v1/query", "{\"sql\":\"SELECT count(*) FROM %s\"}".formatted(table));

    String metrics = gateway().get("/metrics").body();

    assertThat(metrics)
        .contains(
            "duckmesh_accepted_rows_total{table=\"%s\",tenant=\"default\"} 2.0".formatted(table))
        .contains("duckmesh_accepted_bytes_total{")
        .contains("duckmesh_acknowledgement_seconds_count")
        .contains("duckmesh_visible_wait_seconds_count{outcome=\"visible\"}")
        .contains("duckmesh_query_seconds_count{outcome=\"ok\"}")
        .contains("duckmesh_backlog_bytes{shard=\"default-0\",tenant=\"default\"}")
        .contains("duckmesh_watermark_lag_seconds{");
  }

  @Test
  void aliveAndReadyWhileTheLeavesAnswer() {
    assertThat(gateway().get("/v1/health").body()).isEqualTo("{\"status\":\"ok\"}");
    assertThat(gateway().get("/v1/ready").body())
        .isEqualTo("{\"status\":\"ready\",\"missing\":[]}");
  }
}

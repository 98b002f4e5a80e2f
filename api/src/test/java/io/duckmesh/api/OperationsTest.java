package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
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

  @Test
  void lagTellsWhatBecameOfEverythingThatWasAccepted() {
    String table = newTable(2, true);
    JsonNode behind;
    String token;
    try (TestLander.Hold held = lander().hold()) {
      token =
          gateway()
              .post(events(table), "[{\"id\":1},{\"id\":2},{\"id\":3},{\"id\":1}]")
              .json()
              .get("token")
              .asString();
      behind = table(table);
    }
    count(table, token);

    JsonNode landed = table(table);
    assertThat(balance(behind)).isEqualTo("accepted 4 visible 0 duplicates 0 pending 4 true");
    assertThat(balance(landed)).isEqualTo("accepted 4 visible 3 duplicates 1 pending 0 true");
    assertThat(landed.get("shards")).hasSize(2);
    for (JsonNode shard : gateway().get("/v1/lag").json().get("shards")) {
      assertThat(shard.get("balanced").asBoolean()).as(shard.toString()).isTrue();
      assertThat(shard.get("accepted_rows").asLong())
          .isEqualTo(
              shard.get("visible").asLong()
                  + shard.get("duplicates").asLong()
                  + shard.get("quarantined").asLong()
                  + shard.get("pending").asLong());
    }
    assertThat(
            metricsWith("duckmesh_conservation_accepted_rows\\{[^}]*table=\"%s\"".formatted(table)))
        .containsPattern(
            "duckmesh_conservation_accepted_rows\\{shard=\"default-\\d\",table=\"%s\",tenant=\"default\"\\} \\d"
                .formatted(table))
        .contains("duckmesh_conservation_shard_missing_rows{shard=\"default-0\"");
  }

  /** Metrics are read anew once a second at most, so what is new may take that long. */
  private static String metricsWith(String expression) {
    Pattern pattern = Pattern.compile(expression);
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    String metrics = gateway().get("/metrics").body();
    while (!pattern.matcher(metrics).find() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      metrics = gateway().get("/metrics").body();
    }
    return metrics;
  }

  private static JsonNode table(String table) {
    for (JsonNode each : gateway().get("/v1/lag").json().get("tables")) {
      if (each.get("table").asString().equals(table)) {
        return each;
      }
    }
    throw new AssertionError(table);
  }

  private static String balance(JsonNode table) {
    return "accepted %d visible %d duplicates %d pending %d %s"
        .formatted(
            table.get("accepted").asLong(),
            table.get("visible").asLong(),
            table.get("duplicates").asLong(),
            table.get("pending").asLong(),
            table.get("balanced"));
  }

  @Test
  void lagNamesTheTableOfAnEventThatIsMissing() throws Exception {
    String table = newTable();
    String token = gateway().post(events(table), "[{\"id\":1}]").json().get("token").asString();
    count(table, token);
    String change = "UPDATE catalog.table_shard SET visible = visible + %d WHERE table_id = '%s'";
    database().execute(change.formatted(1, tableId(table)));

    JsonNode shard;
    try {
      assertThat(table(table).get("balanced").asBoolean()).isFalse();
      shard = shard(table);
    } finally {
      database().execute(change.formatted(-1, tableId(table)));
    }

    assertThat(shard.get("balanced").asBoolean()).isFalse();
    assertThat(table(table).get("balanced").asBoolean()).isTrue();
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
        .contains("duckmesh_query_seconds_count{mode=\"sync\",outcome=\"ok\"}")
        .contains("duckmesh_backlog_bytes{shard=\"default-0\",tenant=\"default\"}")
        .contains("duckmesh_watermark_lag_seconds{")
        .contains("duckmesh_query_processes 0.0")
        .contains("duckmesh_query_processes_started_total 0.0");
  }

  @Test
  void aliveAndReadyWhileTheLeavesAnswer() {
    assertThat(gateway().get("/v1/health").body()).isEqualTo("{\"status\":\"ok\"}");
    assertThat(gateway().get("/v1/ready").body())
        .isEqualTo("{\"status\":\"ready\",\"missing\":[]}");
  }
}

package io.duckmesh.api;

import io.duckmesh.catalog.TableId;
import io.duckmesh.engine.objects.ObjectStore;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/** What tests of the gateway share: one database, one gateway, one lander for all of them. */
abstract class GatewayTestBase {
  private static final AtomicInteger TABLES = new AtomicInteger();
  static final Map<String, String> NDJSON = Map.of("Content-Type", "application/x-ndjson");

  /** Started once in a JVM and ended with it. */
  private static final class Shared {
    static final TestDatabase DATABASE = new TestDatabase();
    static final ScriptedEngine ENGINE = new ScriptedEngine();
    static final TestGateway GATEWAY =
        TestGateway.start(
            DATABASE,
            ENGINE,
            ApiSettings.DEFAULTS
                .withWaits(Duration.ofSeconds(10), Duration.ofSeconds(30))
                .withUpkeepCountTtl(Duration.ZERO));
    static final TestLander LANDER =
        new TestLander(GATEWAY.catalog(), GATEWAY.bus(), TestStore.shared())
            .start(GATEWAY.catalog().tenants().shards(TestDatabase.TENANT));

    static {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    LANDER.close();
                    GATEWAY.close();
                  }));
    }
  }

  static TestGateway gateway() {
    return Shared.GATEWAY;
  }

  static ScriptedEngine engine() {
    return Shared.ENGINE;
  }

  static TestDatabase database() {
    return Shared.DATABASE;
  }

  /** Where the lander puts its files. */
  static ObjectStore store() {
    return TestStore.shared();
  }

  static TestLander lander() {
    return Shared.LANDER;
  }

  static String newName() {
    return "table_" + TABLES.incrementAndGet();
  }

  /** Makes a table with a required key, an amount, and a note. */
  static String newTable(int shards, boolean eventKeys) {
    String name = newName();
    TestGateway.Answer answer =
        gateway()
            .post(
                "/v1/tables",
                """
                {"name": "%s", "settings": {"shards": %d}, "event_key": [%s],
                 "columns": [{"name": "id", "type": "BIGINT", "required": true},
                             {"name": "amount", "type": "DECIMAL(9,2)"},
                             {"name": "note", "type": "VARCHAR"}]}
                """
                    .formatted(name, shards, eventKeys ? "\"id\"" : ""));
    if (answer.status() != 201) {
      throw new IllegalStateException(answer.body());
    }
    return name;
  }

  static String newTable() {
    return newTable(1, false);
  }

  static TableId tableId(String name) {
    return new TableId(
        UUID.fromString(gateway().get("/v1/tables/" + name).json().get("table_id").asString()));
  }

  static String events(String table) {
    return "/v1/tables/" + table + "/events";
  }

  /** Rows of the table at the newest snapshot that has the token. */
  static long count(TestGateway gateway, String table, String token) {
    JsonNode answer =
        gateway
            .post(
                "/v1/query",
                """
                {"sql": "SELECT count(*) FROM %s", "min_visibility_token": "%s"}
                """
                    .formatted(table, token))
            .json();
    return answer.get("rows").get(0).get(0).asLong();
  }

  static long count(String table, String token) {
    return count(gateway(), table, token);
  }
}

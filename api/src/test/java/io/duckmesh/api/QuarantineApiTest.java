package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TenantId;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class QuarantineApiTest extends GatewayTestBase {
  private static final String MIXED =
      """
      {"id":1,"amount":1.50}
      {"id":"x","amount":2}
      {"id":2}
      no json
      """;

  @Test
  void rowsThatFitAreTakenAndTheOthersKeptInQuarantine() {
    String table = newTable();

    JsonNode sent = send(table, MIXED, Map.of()).json();

    assertThat(sent.get("accepted").asInt()).isEqualTo(4);
    assertThat(sent.get("quarantined").asInt()).isEqualTo(2);
    assertThat(sent.get("state").asString()).isEqualTo("quarantined");
    assertThat(count(table, sent.get("token").asString())).isEqualTo(2);
    assertThat(counts(table)).isEqualTo("{\"visible\":2,\"duplicates\":0,\"quarantined\":2}");
    JsonNode receipt = gateway().get("/v1/receipts/" + sent.get("receipt_id").asString()).json();
    assertThat(receipt.get("state").asString()).isEqualTo("quarantined");
    assertThat(receipt.get("visible").asInt()).isEqualTo(2);
    assertThat(receipt.get("quarantined").asInt()).isEqualTo(2);
    assertThat(receipt.get("landed").size()).isEqualTo(2);
    JsonNode detail = gateway().get("/v1/quarantine/" + onlyEntry(table)).json();
    assertThat(detail.get("entry").get("row_count").asInt()).isEqualTo(2);
    assertThat(detail.get("entry").get("table").asString()).isEqualTo(table);
    assertThat(detail.get("schema_version").asInt()).isEqualTo(1);
    JsonNode first = detail.get("rows").get(0);
    assertThat(first.get("row").asInt()).isEqualTo(2);
    assertThat(first.get("raw").asString()).isEqualTo("{\"id\":\"x\",\"amount\":2}");
    assertThat(first.get("errors").get(0).get("column").asString()).isEqualTo("id");
    assertThat(first.get("errors").get(0).get("rule").asString()).contains("BIGINT");
    assertThat(detail.get("rows").get(1).get("raw").asString()).isEqualTo("no json");
  }

  @Test
  void answerTellsOfMisfitsBeforeTheyHaveLanded() {
    String table = newTable();
    TestGateway.Answer sent;
    JsonNode receipt;
    try (TestLander.Hold held = lander().hold()) {
      sent = gateway().post(events(table) + "?on_error=quarantine", MIXED, NDJSON);
      receipt = gateway().get("/v1/receipts/" + sent.json().get("receipt_id").asString()).json();
    }

    assertThat(sent.status()).isEqualTo(202);
    assertThat(sent.json().get("state").asString()).isEqualTo("accepted");
    assertThat(sent.json().get("quarantined").asInt()).isEqualTo(2);
    assertThat(sent.json().get("errors").get(0).asString())
        .startsWith("row 2, column id, value \"x\": ");
    assertThat(receipt.get("state").asString()).isEqualTo("accepted");
    assertThat(receipt.get("quarantined").asInt()).isEqualTo(2);
  }

  @Test
  void requestWithoutAnyRowThatFitsIsAccepted() {
    String table = newTable(3, true);

    TestGateway.Answer sent = send(table, "{\"id\":\"x\"}\n{\"amount\":1}\n", Map.of());

    assertThat(sent.status()).isEqualTo(200);
    assertThat(sent.json().get("state").asString()).isEqualTo("quarantined");
    assertThat(sent.json().get("accepted").asInt()).isEqualTo(2);
    assertThat(sent.json().get("quarantined").asInt()).isEqualTo(2);
    assertThat(counts(table)).isEqualTo("{\"visible\":0,\"duplicates\":0,\"quarantined\":2}");
  }

  @Test
  void repeatOfTheRequestKeyQuarantinesOnce() {
    String table = newTable();
    Map<String, String> key = newKey();
    TestGateway.Answer first = send(table, MIXED, key);

    TestGateway.Answer second = send(table, MIXED, key);

    assertThat(second.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(second.json().get("receipt_id")).isEqualTo(first.json().get("receipt_id"));
    assertThat(second.json().get("quarantined").asInt()).isEqualTo(2);
    assertThat(onlyEntry(table)).isPositive();
  }

  @Test
  void bodyThatIsNoJsonAtAllIsRefusedAllTheSame() {
    TestGateway.Answer answer =
        gateway().post(events(newTable()) + "?on_error=quarantine", "[{\"id\":1},{\"id\":");

    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.errorCode()).isEqualTo("SCHEMA_MISMATCH");
  }

  @Test
  void editedRowsAreReplayedOnceHoweverOftenTheyAreSent() {
    String table = newTable(2, true);
    send(table, MIXED, newKey());
    long entry = onlyEntry(table);
    String edited = "[{\"id\":10,\"amount\":2},{\"id\":11}]";

    JsonNode first = gateway().post(replay(entry), edited).json();
    JsonNode second = gateway().post(replay(entry), edited).json();
    TestGateway.Answer bare = gateway().send(bare(entry));

    assertThat(first.get("state").asString()).isEqualTo("replayed");
    assertThat(first.get("replayed_at").isString()).isTrue();
    assertThat(first.get("replay").get("accepted").asInt()).isEqualTo(2);
    assertThat(second).isEqualTo(first);
    assertThat(bare.json()).isEqualTo(first);
    assertThat(count(table, first.get("replay").get("token").asString())).isEqualTo(4);
    JsonNode receipt =
        gateway().get("/v1/receipts/" + first.get("replay").get("receipt_id").asString()).json();
    assertThat(receipt.get("state").asString()).isEqualTo("visible");
    assertThat(receipt.get("visible").asInt()).isEqualTo(2);
    assertThat(gateway().get("/v1/quarantine/" + entry).json().get("rows").size()).isZero();
  }

  @Test
  void rowsThatStillDoNotFitAreNotReplayed() {
    String table = newTable();
    send(table, MIXED, Map.of());
    long entry = onlyEntry(table);

    TestGateway.Answer bare = gateway().send(bare(entry));
    TestGateway.Answer edited = gateway().post(replay(entry), "[{\"id\":10},{\"id\":\"y\"}]");

    assertThat(bare.status()).isEqualTo(422);
    assertThat(bare.errorCode()).isEqualTo("SCHEMA_MISMATCH");
    assertThat(edited.errorCode()).isEqualTo("SCHEMA_MISMATCH");
    assertThat(state(entry)).isEqualTo("quarantined");
  }

  @Test
  void segmentIsReplayedAsItIsIntoItsTable() {
    String table = newTable();
    lander().quarantine(tableId(table));
    send(table, "{\"id\":1}\n{\"id\":2}", newKey());
    lander().land(tableId(table));
    long entry = onlyEntry(table);
    JsonNode detail = gateway().get("/v1/quarantine/" + entry + "?limit=1").json();

    JsonNode replayed = gateway().send(bare(entry)).json();

    assertThat(detail.get("rows").get(0).get("raw").asString())
        .isEqualTo("{\"id\":1,\"amount\":null,\"note\":null}");
    assertThat(detail.get("next_offset").asInt()).isEqualTo(1);
    assertThat(detail.get("entry").get("reason").asString()).isEqualTo("The test says so");
    assertThat(count(table, replayed.get("replay").get("token").asString())).isEqualTo(2);
    assertThat(counts(table)).isEqualTo("{\"visible\":2,\"duplicates\":0,\"quarantined\":2}");
  }

  @Test
  void eventsOfADroppedTableAreReplayedIntoTheOneOfItsName() {
    String table = newTable();
    lander().quarantine(tableId(table));
    send(
        table,
        "{\"events\":[{\"key\":\"a\",\"row\":{\"id\":1}},{\"key\":\"b\",\"row\":{\"id\":2}}]}",
        Map.of("Content-Type", "application/json"));
    long entry = onlyEntry(table);
    gateway().delete("/v1/tables/" + table);
    TestGateway.Answer without = gateway().send(bare(entry));
    gateway()
        .post(
            "/v1/tables",
            """
            {"name": "%s", "settings": {"shards": 2},
             "columns": [{"name": "note", "type": "VARCHAR"}, {"name": "id", "type": "DOUBLE"},
                         {"name": "amount", "type": "DOUBLE"}]}
            """
                .formatted(table));

    JsonNode replayed = gateway().send(bare(entry)).json();

    assertThat(without.errorCode()).isEqualTo("TABLE_NOT_FOUND");
    assertThat(replayed.get("replay").get("table_id").asString())
        .isEqualTo(tableId(table).toString())
        .isNotEqualTo(replayed.get("table_id").asString());
    assertThat(count(table, replayed.get("replay").get("token").asString())).isEqualTo(2);
    // The keys came with the events, and are known in the new table.
    TestGateway.Answer again =
        gateway()
            .post(
                events(table) + "?wait=visible",
                "{\"events\":[{\"key\":\"a\",\"row\":{\"id\":1}}]}");
    assertThat(again.json().get("duplicates").asInt()).isEqualTo(1);
  }

  /** Which comes first, and how much is replayed: the other order, or a part, changes nothing. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, false, REPLAY_FIRST",
    "1, 1, false, REPEAT_FIRST",
    "1, 1, true, REPLAY_FIRST",
    "1, 3, false, REPLAY_FIRST",
    "1, 3, false, REPEAT_FIRST",
    "3, 1, false, REPLAY_FIRST",
    "3, 2, false, REPLAY_FIRST",
    "3, 3, false, REPLAY_FIRST",
    "1, 3, true, REPLAY_FIRST",
    "3, 1, true, REPLAY_FIRST",
    "3, 1, true, REPLAY_ONE_ENTRY",
    "3, 3, true, REPLAY_FIRST",
    "3, 3, true, REPEAT_FIRST",
    "3, 3, true, REPLAY_ONE_ENTRY",
    "2, 3, true, REPLAY_ONE_ENTRY",
  })
  void replayAndRepeatLeaveEachRowOnceInTheTableThatWasMadeAnew(
      int shardsBefore, int shardsAfter, boolean eventKeys, Order order) {
    String body = "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n{\"id\":5}\n{\"id\":6}\n";
    Map<String, String> key = newKey();
    String table = newTable(shardsBefore, eventKeys);
    JsonNode before = gateway().get("/v1/tables/" + table).json().get("shards");
    lander().quarantine(tableId(table));
    send(table, body, key);
    List<Long> entries = new ArrayList<>();
    gateway()
        .get("/v1/quarantine?table=" + table)
        .json()
        .get("entries")
        .forEach(entry -> entries.add(entry.get("quarantine_id").asLong()));
    assertThat(entries).isNotEmpty();
    gateway().delete("/v1/tables/" + table);
    makeAnew(table, shardsAfter, eventKeys);
    for (int i = 0;
        i < 6 && gateway().get("/v1/tables/" + table).json().get("shards").equals(before);
        i++) {
      gateway().delete("/v1/tables/" + table);
      newTable();
      makeAnew(table, shardsAfter, eventKeys);
    }

    if (order == Order.REPEAT_FIRST) {
      send(table, body, key);
    }
    for (long entry : order == Order.REPLAY_ONE_ENTRY ? entries.subList(0, 1) : entries) {
      JsonNode replayed = gateway().send(bare(entry)).json();
      assertThat(replayed.path("state").asString("")).as("%s", replayed).isEqualTo("replayed");
      count(table, replayed.get("replay").get("token").asString());
    }
    TestGateway.Answer repeat = send(table, body, key);

    assertThat(count(table, repeat.json().get("token").asString())).isEqualTo(6);
    assertThat(repeat.json().get("accepted").asInt()).isEqualTo(6);
    assertThat(counts(table)).startsWith("{\"visible\":6,").endsWith("\"quarantined\":0}");
  }

  enum Order {
    REPLAY_FIRST,
    REPEAT_FIRST,
    REPLAY_ONE_ENTRY
  }

  private static void makeAnew(String table, int shards, boolean eventKeys) {
    TestGateway.Answer made =
        gateway()
            .post(
                "/v1/tables",
                """
                {"name": "%s", "settings": {"shards": %d}, "event_key": [%s],
                 "columns": [{"name": "note", "type": "VARCHAR"},
                             {"name": "id", "type": "BIGINT"},
                             {"name": "amount", "type": "DOUBLE"}]}
                """
                    .formatted(table, shards, eventKeys ? "\"id\"" : ""));
    assertThat(made.status()).as(made.body()).isEqualTo(201);
  }

  @Test
  void rowsThatAreReplayedIntoAnotherTableAreNotTakenForARequestThatItGotItself() {
    Map<String, String> key = newKey();
    String table = newTable();
    lander().quarantine(tableId(table));
    send(table, "{\"id\":1}", key);
    String other = newTable(3, false);
    send(other, "{\"id\":1}", key);

    JsonNode replayed =
        gateway()
            .send(
                gateway()
                    .request(replay(onlyEntry(table)) + "?table=" + other)
                    .POST(HttpRequest.BodyPublishers.noBody())
                    .build())
            .json();

    assertThat(count(other, replayed.get("replay").get("token").asString())).isEqualTo(2);
  }

  @Test
  void tableNameWithAZeroCharacterIsNotFound() {
    String table = newTable();
    send(table, MIXED, Map.of());

    assertThat(gateway().get("/v1/quarantine?table=a%00b").status()).isEqualTo(404);
    assertThat(
            gateway()
                .send(
                    gateway()
                        .request(replay(onlyEntry(table)) + "?table=a%00b")
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build())
                .errorCode())
        .isEqualTo("TABLE_NOT_FOUND");
  }

  @Test
  void droppedEntryIsNeverReplayedAndAReplayedOneNeverDropped() {
    String table = newTable();
    send(table, MIXED, Map.of());
    long dropped = onlyEntry(table);
    JsonNode answer = gateway().delete("/v1/quarantine/" + dropped).json();
    send(table, "{\"id\":\"z\"}", Map.of());
    long replayed =
        gateway()
            .get("/v1/quarantine?state=quarantined&table=" + table)
            .json()
            .get("entries")
            .get(0)
            .get("quarantine_id")
            .asLong();
    gateway().post(replay(replayed), "{\"id\":5}");

    assertThat(answer.get("state").asString()).isEqualTo("dropped");
    assertThat(answer.get("dropped_at").isString()).isTrue();
    assertThat(gateway().delete("/v1/quarantine/" + dropped).json()).isEqualTo(answer);
    assertThat(gateway().post(replay(dropped), "{\"id\":5}").errorCode())
        .isEqualTo("QUARANTINE_FINISHED");
    assertThat(gateway().delete("/v1/quarantine/" + replayed).errorCode())
        .isEqualTo("QUARANTINE_FINISHED");
  }

  @Test
  void entriesAreListedByTableAndStateInPages() {
    String table = newTable();
    for (int i = 0; i < 3; i++) {
      send(table, "{\"id\":\"x%d\"}".formatted(i), Map.of());
    }

    JsonNode first = gateway().get("/v1/quarantine?limit=2&table=" + table).json();
    JsonNode second =
        gateway()
            .get(
                "/v1/quarantine?limit=2&table=%s&before=%d"
                    .formatted(table, first.get("before").asLong()))
            .json();

    assertThat(first.get("entries").size()).isEqualTo(2);
    assertThat(second.get("entries").size()).isEqualTo(1);
    assertThat(second.get("before").isNull()).isTrue();
    assertThat(gateway().get("/v1/quarantine?state=dropped&table=" + table).json().get("entries"))
        .isEmpty();
    assertThat(gateway().get("/v1/quarantine?table=never").errorCode())
        .isEqualTo("TABLE_NOT_FOUND");
    assertThat(gateway().get("/v1/quarantine?state=lost").status()).isEqualTo(400);
    assertThat(gateway().get("/v1/quarantine/seven").status()).isEqualTo(400);
    assertThat(gateway().get("/v1/quarantine/999999").errorCode())
        .isEqualTo("QUARANTINE_NOT_FOUND");
  }

  @Test
  void anotherTenantSeesNothing() {
    String table = newTable();
    send(table, MIXED, Map.of());
    long entry = onlyEntry(table);
    TenantId other = new TenantId("quarantine-other");
    TestDatabase.ensureTenant(gateway().catalog(), gateway().bus(), other);
    String key = "Bearer " + gateway().newKey(other, EnumSet.allOf(Role.class));

    TestGateway.Answer list =
        gateway()
            .send(
                gateway().request("/v1/quarantine").setHeader("Authorization", key).GET().build());
    TestGateway.Answer show =
        gateway()
            .send(
                gateway()
                    .request("/v1/quarantine/" + entry)
                    .setHeader("Authorization", key)
                    .GET()
                    .build());
    TestGateway.Answer drop =
        gateway()
            .send(
                gateway()
                    .request("/v1/quarantine/" + entry)
                    .setHeader("Authorization", key)
                    .DELETE()
                    .build());

    assertThat(list.json().get("entries")).isEmpty();
    assertThat(show.errorCode()).isEqualTo("QUARANTINE_NOT_FOUND");
    assertThat(drop.errorCode()).isEqualTo("QUARANTINE_NOT_FOUND");
    assertThat(state(entry)).isEqualTo("quarantined");
  }

  private static TestGateway.Answer send(String table, String body, Map<String, String> headers) {
    Map<String, String> all = new java.util.HashMap<>(NDJSON);
    all.putAll(headers);
    TestGateway.Answer answer =
        gateway().post(events(table) + "?on_error=quarantine&wait=visible", body, all);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer;
  }

  private static Map<String, String> newKey() {
    return Map.of("Idempotency-Key", UUID.randomUUID().toString());
  }

  private static long onlyEntry(String table) {
    JsonNode entries = gateway().get("/v1/quarantine?table=" + table).json().get("entries");
    assertThat(entries).hasSize(1);
    return entries.get(0).get("quarantine_id").asLong();
  }

  private static String replay(long entry) {
    return "/v1/quarantine/" + entry + "/replay";
  }

  private static HttpRequest bare(long entry) {
    return gateway().request(replay(entry)).POST(HttpRequest.BodyPublishers.noBody()).build();
  }

  private static String state(long entry) {
    return gateway().get("/v1/quarantine/" + entry).json().get("entry").get("state").asString();
  }

  private static String counts(String table) {
    return gateway().get("/v1/tables/" + table).json().get("counts").toString();
  }
}

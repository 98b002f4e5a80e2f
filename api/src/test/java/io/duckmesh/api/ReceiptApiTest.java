package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.postgres.PostgresCatalog;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ReceiptApiTest extends GatewayTestBase {
  @Test
  void receiptTellsTheTruthAtEveryStage() {
    String table = newTable(3, true);
    String receipt;
    JsonNode accepted;
    try (TestLander.Hold held = lander().hold()) {
      receipt =
          gateway()
              .post(events(table), "[{\"id\":1},{\"id\":2},{\"id\":3},{\"id\":4}]")
              .json()
              .get("receipt_id")
              .asString();
      accepted = gateway().get("/v1/receipts/" + receipt).json();
    }

    JsonNode visible =
        gateway().get("/v1/receipts/" + receipt + "?wait=visible&timeout=10s").json();

    assertThat(accepted.get("state").asString()).isEqualTo("accepted");
    assertThat(accepted.get("accepted").asInt()).isEqualTo(4);
    assertThat(accepted.get("visible").asInt()).isZero();
    assertThat(accepted.get("snapshot_id").isNull()).isTrue();
    assertThat(visible.get("state").asString()).isEqualTo("visible");
    assertThat(visible.get("visible").asInt()).isEqualTo(4);
    long newestOfParts = 0;
    for (JsonNode part : visible.get("landed")) {
      newestOfParts = Math.max(newestOfParts, part.get("snapshot_id").asLong());
    }
    assertThat(visible.get("snapshot_id").asLong()).isEqualTo(newestOfParts).isPositive();
    assertThat(visible.get("visible_at").isString()).isTrue();
  }

  @Test
  void quarantinedEventsAreToldWithTheReasonAndDoNotBlockTheBarrier() {
    String table = newTable();
    lander().quarantine(tableId(table));

    TestGateway.Answer sent =
        gateway().post(events(table) + "?wait=visible", "[{\"id\":1},{\"id\":2}]");

    assertThat(sent.status()).isEqualTo(200);
    assertThat(sent.json().get("state").asString()).isEqualTo("quarantined");
    assertThat(sent.json().get("errors").get(0).asString()).isEqualTo("The test says so");
    JsonNode receipt =
        gateway().get("/v1/receipts/" + sent.json().get("receipt_id").asString()).json();
    assertThat(receipt.get("state").asString()).isEqualTo("quarantined");
    assertThat(receipt.get("quarantined").asInt()).isEqualTo(2);
    assertThat(receipt.get("visible").asInt()).isZero();
    assertThat(receipt.get("reasons").get(0).asString()).isEqualTo("The test says so");
    assertThat(count(table, sent.json().get("token").asString())).isZero();
  }

  @Test
  void duplicatesAreThoseOfTheRequestItselfAndOfWhatLandedBefore() {
    String table = newTable(3, true);
    landed(send(table, "[{\"id\":1},{\"id\":2}]"));

    JsonNode partly = landed(send(table, "[{\"id\":2},{\"id\":3},{\"id\":3},{\"id\":4}]"));
    JsonNode wholly = landed(send(table, "[{\"id\":1},{\"id\":4}]"));

    assertCounts(partly, "visible", 4, 2, 2, 0);
    assertCounts(wholly, "visible", 2, 0, 2, 0);
    assertThat(wholly.get("snapshot_id").asLong()).isPositive();
  }

  @Test
  void ofRequestsThatRepeatKeysWhileTheFirstIsPendingTheFirstInTheLogHasTheRows() {
    String table = newTable(1, true);
    String first;
    String second;
    try (TestLander.Hold held = lander().hold()) {
      first = send(table, "[{\"id\":1},{\"id\":2}]");
      second = send(table, "[{\"id\":2},{\"id\":3}]");
      assertCounts(gateway().get("/v1/receipts/" + second).json(), "accepted", 2, 0, 0, 0);
    }

    assertCounts(landed(first), "visible", 2, 2, 0, 0);
    assertCounts(landed(second), "visible", 2, 1, 1, 0);
  }

  @Test
  void eventsOfATableThatIsDroppedBeforeTheyLandAreInQuarantineAndThoseBeforeStayVisible() {
    String table = newTable();
    String before = send(table, "[{\"id\":1}]");
    landed(before);
    String after;
    try (TestLander.Hold held = lander().hold()) {
      after = send(table, "[{\"id\":2},{\"id\":3}]");
      assertThat(gateway().delete("/v1/tables/" + table).status()).isEqualTo(200);
    }

    assertCounts(landed(after), "quarantined", 2, 0, 0, 2);
    assertCounts(landed(before), "visible", 1, 1, 0, 0);
  }

  @Test
  void receiptOfAGatewayThatDiedBeforeItAnsweredIsMadeUpByTheRepeatedRequest() throws Exception {
    String table = newTable(3, true);
    Map<String, String> key = Map.of("Idempotency-Key", "died-" + table);
    String body = "[{\"id\":1},{\"id\":2},{\"id\":3},{\"id\":4}]";
    String lost = gateway().post(events(table), body, key).json().get("receipt_id").asString();
    landed(lost);
    try (Connection connection = database().unpooled().getConnection();
        PreparedStatement forget =
            connection.prepareStatement(
                "UPDATE catalog.request_key SET receipt_id = NULL WHERE request_key = ?")) {
      forget.setString(1, "died-" + table);
      assertThat(forget.executeUpdate()).isOne();
    }

    JsonNode again = gateway().post(events(table), body, key).json();
    JsonNode receipt = landed(again.get("receipt_id").asString());
    JsonNode replayed = gateway().post(events(table), body, key).json();

    assertCounts(receipt, "visible", 4, 0, 4, 0);
    assertCounts(landed(lost), "visible", 4, 4, 0, 0);
    assertThat(replayed.get("receipt_id")).isEqualTo(again.get("receipt_id"));
    assertThat(count(table, receipt.get("token").asString())).isEqualTo(4);
  }

  @Test
  void receiptOlderThanEveryWindowHasExpiredAndItsTokenStillHolds() {
    TestDatabase own = new TestDatabase();
    try (TestGateway gateway = TestGateway.start(own, new ScriptedEngine(), ApiSettings.DEFAULTS);
        TestLander lander =
            new TestLander(gateway.catalog(), gateway.bus(), store())
                .start(gateway.catalog().tenants().shards(TestDatabase.TENANT))) {
      gateway.post(
          "/v1/tables", "{\"name\":\"t\",\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\"}]}");
      JsonNode sent = gateway.post(events("t") + "?wait=visible", "[{\"id\":1}]").json();
      assertThat(sent.get("state").asString()).isEqualTo("visible");

      Clock later = Clock.offset(Clock.systemUTC(), Duration.ofDays(10));
      try (HikariDataSource pool = own.pool();
          Catalog catalog = PostgresCatalog.create(pool, own.unpooled(), later)) {
        catalog.writes().expireKeys();
      }

      TestGateway.Answer expired = gateway.get("/v1/receipts/" + sent.get("receipt_id").asString());
      assertThat(expired.status()).isEqualTo(410);
      assertThat(expired.errorCode()).isEqualTo("RECEIPT_EXPIRED");
      TestGateway.Answer query =
          gateway.post(
              "/v1/query",
              "{\"sql\": \"SELECT count(*) FROM t\", \"min_visibility_token\": \"%s\"}"
                  .formatted(sent.get("token").asString()));
      assertThat(query.status()).isEqualTo(200);
    }
  }

  @Test
  void receiptThatNobodyGaveIsNotFound() {
    String receipt =
        gateway().post(events(newTable()), "{\"id\":1}").json().get("receipt_id").asString();
    char last = receipt.charAt(receipt.length() - 1);
    String changed = receipt.substring(0, receipt.length() - 1) + (last == 'A' ? 'Q' : 'A');

    assertThat(gateway().get("/v1/receipts/dmr_nonsense").errorCode())
        .isEqualTo("RECEIPT_NOT_FOUND");
    assertThat(gateway().get("/v1/receipts/" + changed).status()).isEqualTo(404);
    assertThat(gateway().get("/v1/receipts/" + receipt).status()).isEqualTo(200);
  }

  private static String send(String table, String body) {
    return gateway().post(events(table), body).json().get("receipt_id").asString();
  }

  /** The receipt when all has landed. */
  private static JsonNode landed(String receipt) {
    return gateway().get("/v1/receipts/" + receipt + "?wait=visible&timeout=10s").json();
  }

  private static void assertCounts(
      JsonNode receipt, String state, int accepted, int visible, int duplicates, int quarantined) {
    assertThat(receipt.get("state").asString()).isEqualTo(state);
    assertThat(
            List.of(
                receipt.get("accepted").asInt(),
                receipt.get("visible").asInt(),
                receipt.get("duplicates").asInt(),
                receipt.get("quarantined").asInt()))
        .containsExactly(accepted, visible, duplicates, quarantined);
  }
}

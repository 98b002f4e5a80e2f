package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

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
}

package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.upkeep.ExpiryPlan;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Snapshots, pins, and tables that go back. */
class RestoreApiTest extends GatewayTestBase {
  /** Sends a row and answers with the first snapshot that has it. */
  private static long send(String table, int id) {
    JsonNode answer =
        gateway().post(events(table) + "?wait=visible", "[{\"id\":%d}]".formatted(id)).json();
    return answer.get("snapshot_id").asLong();
  }

  /** Rows that the catalog says the table has at its newest snapshot. */
  private static long rows(String table) {
    return gateway()
        .catalog()
        .snapshots()
        .manifest(
            TestDatabase.TENANT,
            gateway().catalog().snapshots().newest(TestDatabase.TENANT).id(),
            table)
        .files()
        .stream()
        .mapToLong(file -> file.rowCount())
        .sum();
  }

  /** Lets all but the newest snapshot of the table expire. */
  private static void expire(String table) {
    gateway()
        .send(
            "PATCH",
            "/v1/tables/" + table,
            "{\"policy\":{\"keep_snapshots\":\"0s\",\"keep_at_least\":1}}",
            Map.of());
    ExpiryPlan plan = gateway().upkeep().retention().plan(TestDatabase.TENANT);
    gateway().upkeep().retention().expire(plan);
  }

  @Test
  void tableGoesBackToAnEarlierSnapshotAsANewOne() {
    String table = newTable();
    long first = send(table, 1);
    send(table, 2);
    String restore = "/v1/tables/" + table + "/restore";

    TestGateway.Answer planned =
        gateway().post(restore, "{\"snapshot_id\":%d,\"dry_run\":true}".formatted(first));
    long untouched = rows(table);
    TestGateway.Answer restored = gateway().post(restore, "{\"snapshot_id\":%d}".formatted(first));

    assertThat(planned.body())
        .isEqualTo(
            "{\"table\":\"%s\",\"dry_run\":true,\"snapshot_id\":null,\"restored_from\":%d,\"rows_before\":2,\"rows_after\":1,\"files_ended\":1,\"files_begun\":0}"
                .formatted(table, first));
    assertThat(untouched).isEqualTo(2);
    assertThat(restored.status()).as(restored.body()).isEqualTo(200);
    assertThat(restored.json().get("rows_after").asLong()).isEqualTo(1);
    long made = restored.json().get("snapshot_id").asLong();
    assertThat(rows(table)).isEqualTo(1);
    assertThat(gateway().get("/v1/snapshots/" + made).json().get("operation").asString())
        .isEqualTo("restore");
  }

  @Test
  void restoreNamesOneSnapshotThatTheTableHas() {
    String table = newTable();
    long first = send(table, 1);
    String restore = "/v1/tables/" + table + "/restore";

    assertThat(gateway().post(restore, "{}").errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(
            gateway()
                .post(restore, "{\"snapshot_id\":1,\"as_of\":\"2026-01-01T00:00:00Z\"}")
                .errorCode())
        .isEqualTo("INVALID_REQUEST");
    assertThat(gateway().post(restore, "{\"snapshot_id\":99999999}").errorCode())
        .isEqualTo("SNAPSHOT_NOT_FOUND");
    assertThat(gateway().post(restore, "{\"snapshot_id\":1}").errorCode())
        .isEqualTo("TABLE_NOT_FOUND");
    assertThat(
            gateway()
                .post("/v1/tables/never/restore", "{\"snapshot_id\":%d}".formatted(first))
                .errorCode())
        .isEqualTo("TABLE_NOT_FOUND");
    assertThat(
            gateway()
                .post(restore, "{\"as_of\":\"%s\"}".formatted(Instant.now().plusSeconds(5)))
                .status())
        .isEqualTo(200);
  }

  @Test
  void expiredSnapshotIsNeitherRestoredNorPinned() {
    String table = newTable();
    long first = send(table, 1);
    send(table, 2);

    expire(table);

    assertThat(
            gateway()
                .post("/v1/tables/" + table + "/restore", "{\"snapshot_id\":%d}".formatted(first))
                .errorCode())
        .isEqualTo("SNAPSHOT_EXPIRED");
    TestGateway.Answer pinned =
        gateway().put("/v1/pins/late", "{\"snapshot_id\":%d}".formatted(first));
    assertThat(pinned.status()).isEqualTo(410);
    assertThat(pinned.errorCode()).isEqualTo("SNAPSHOT_EXPIRED");
    for (JsonNode each : gateway().get("/v1/snapshots/" + first).json().get("tables")) {
      if (each.get("name").asString().equals(table)) {
        assertThat(each.get("readable").asBoolean()).isFalse();
      }
    }
  }

  @Test
  void pinnedSnapshotStaysWhileItsNameDoes() {
    String table = newTable();
    long first = send(table, 1);
    Instant expiresAt = Instant.now().plusSeconds(3_600).truncatedTo(ChronoUnit.MILLIS);
    TestGateway.Answer pinned =
        gateway()
            .put(
                "/v1/pins/audit-2026",
                "{\"snapshot_id\":%d,\"expires_at\":\"%s\"}".formatted(first, expiresAt));
    send(table, 2);
    expire(table);

    TestGateway.Answer restored =
        gateway()
            .post(
                "/v1/tables/" + table + "/restore",
                "{\"snapshot_id\":%d,\"dry_run\":true}".formatted(first));
    JsonNode snapshot = gateway().get("/v1/snapshots/" + first).json();
    JsonNode pin = gateway().get("/v1/pins/audit-2026").json();
    TestGateway.Answer removed = gateway().delete("/v1/pins/audit-2026");

    assertThat(pinned.status()).as(pinned.body()).isEqualTo(200);
    assertThat(restored.status()).as(restored.body()).isEqualTo(200);
    assertThat(snapshot.get("pins").toString()).isEqualTo("[\"audit-2026\"]");
    assertThat(pin.get("snapshot_id").asLong()).isEqualTo(first);
    assertThat(pin.get("expires_at").asString()).isEqualTo(expiresAt.toString());
    assertThat(removed.status()).isEqualTo(200);
    assertThat(gateway().delete("/v1/pins/audit-2026").errorCode()).isEqualTo("PIN_NOT_FOUND");
    assertThat(gateway().get("/v1/pins/audit-2026").errorCode()).isEqualTo("PIN_NOT_FOUND");
    assertThat(gateway().get("/v1/pins").json().get("pins"))
        .noneMatch(each -> each.get("name").asString().equals("audit-2026"));
  }

  @Test
  void pinThatCanNotBeIsRefused() {
    assertThat(gateway().put("/v1/pins/-x", "{}").errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(
            gateway()
                .put("/v1/pins/x", "{\"expires_at\":\"2026-01-01T00:00:00Z\"}")
                .json()
                .get("detail")
                .asString())
        .contains("expires_at is over already");
    assertThat(gateway().put("/v1/pins/x", "{\"snapshot_id\":99999999}").errorCode())
        .isEqualTo("SNAPSHOT_NOT_FOUND");
    assertThat(
            gateway()
                .put("/v1/pins/x", "{\"expires_at\":\"+1000000-01-01T00:00:00Z\"}")
                .errorCode())
        .isEqualTo("INVALID_REQUEST");
    assertThat(gateway().put("/v1/pins/x", "{\"snapshot\":1}").errorCode())
        .isEqualTo("INVALID_REQUEST");
  }

  @Test
  void droppedTableIsGivenBackWhileItsNameIsFree() {
    String table = newTable();
    send(table, 1);
    gateway().delete("/v1/tables/" + table);
    String undrop = "/v1/tables/" + table + "/undrop";

    JsonNode dropped = gateway().get("/v1/dropped-tables").json().get("tables");
    gateway()
        .post(
            "/v1/tables",
            "{\"name\":\"%s\",\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"}]}"
                .formatted(table));
    TestGateway.Answer taken = gateway().post(undrop, "");
    gateway().delete("/v1/tables/" + table);
    TestGateway.Answer newest = gateway().post(undrop, "");

    assertThat(dropped)
        .anyMatch(
            each ->
                each.get("name").asString().equals(table) && each.get("dropped_in").asLong() > 0);
    assertThat(taken.errorCode()).isEqualTo("TABLE_EXISTS");
    assertThat(newest.status()).as(newest.body()).isEqualTo(200);
    assertThat(newest.json().get("name").asString()).isEqualTo(table);
    assertThat(gateway().post("/v1/tables/never/undrop", "").errorCode())
        .isEqualTo("TABLE_NOT_FOUND");
  }

  @Test
  void eachOfSeveralDroppedTablesOfANameIsGivenBack() {
    String table = newTable();
    send(table, 3);
    String first = dropAndFind(table);
    gateway()
        .post(
            "/v1/tables",
            "{\"name\":\"%s\",\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"}]}"
                .formatted(table));
    String second = dropAndFind(table);
    String undrop = "/v1/tables/" + table + "/undrop";

    assertThat(second).isNotEqualTo(first);
    assertThat(gateway().post(undrop + "?table_id=" + first, "").status()).isEqualTo(200);
    assertThat(rows(table)).isEqualTo(1);
    assertThat(dropAndFind(table)).isEqualTo(first);
    assertThat(gateway().post(undrop + "?table_id=" + second, "").status()).isEqualTo(200);
    assertThat(gateway().post(undrop + "?table_id=" + UUID.randomUUID(), "").errorCode())
        .isEqualTo("TABLE_EXISTS");
    assertThat(gateway().post(undrop + "?table_id=x", "").errorCode()).isEqualTo("INVALID_REQUEST");
  }

  /** The id of the table, which is the one of its name that was dropped last. */
  private static String dropAndFind(String table) {
    gateway().delete("/v1/tables/" + table);
    for (JsonNode each : gateway().get("/v1/dropped-tables").json().get("tables")) {
      if (each.get("name").asString().equals(table)) {
        return each.get("table_id").asString();
      }
    }
    throw new AssertionError("Not listed: " + table);
  }

  @Test
  void tableIsWritableAgainAfterUndrop() {
    String table = newTable();
    send(table, 1);
    gateway().delete("/v1/tables/" + table);

    TestGateway.Answer undropped = gateway().post("/v1/tables/" + table + "/undrop", "");
    send(table, 2);

    assertThat(undropped.status()).as(undropped.body()).isEqualTo(200);
    assertThat(rows(table)).isEqualTo(2);
  }
}

package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class TableApiTest extends GatewayTestBase {
  @Test
  void createdTableIsDescribedAsItWasAskedFor() {
    String name = newName();

    TestGateway.Answer created =
        gateway()
            .post(
                "/v1/tables",
                """
                {"name": "%s",
                 "columns": [{"name": "select", "type": "int", "required": true},
                             {"name": "price", "type": "decimal(18, 2)", "default": 1.50},
                             {"name": "tags", "type": "text[]"}],
                 "event_key": ["SELECT"], "sort_by": ["price"],
                 "settings": {"shards": 2, "key_window": "12h"}}
                """
                    .formatted(name));

    assertThat(created.status()).isEqualTo(201);
    assertThat(created.header("Location")).isEqualTo("/v1/tables/" + name);
    JsonNode table = gateway().get("/v1/tables/" + name).json();
    assertThat(table).isEqualTo(created.json());
    assertThat(created.body())
        .contains(
            "\"columns\":[{\"field_id\":1,\"name\":\"select\",\"type\":\"INTEGER\",\"required\":true,\"default\":null},"
                + "{\"field_id\":2,\"name\":\"price\",\"type\":\"DECIMAL(18,2)\",\"required\":false,\"default\":1.50},"
                + "{\"field_id\":3,\"name\":\"tags\",\"type\":\"VARCHAR[]\",\"required\":false,\"default\":null}]");
    assertThat(table.get("event_key").toString()).isEqualTo("[\"select\"]");
    assertThat(table.get("settings").toString()).isEqualTo("{\"shards\":2,\"key_window\":\"12h\"}");
    assertThat(table.get("shards")).hasSize(2);
    assertThat(table.get("counts").toString())
        .isEqualTo("{\"visible\":0,\"duplicates\":0,\"quarantined\":0}");
  }

  @Test
  void refusalOfATableNamesAllProblems() {
    TestGateway.Answer answer =
        gateway()
            .post(
                "/v1/tables",
                """
                {"name": "1st", "colums": [], "primary_key": ["a"], "partition_by": ["a"],
                 "columns": [{"name": "a", "type": "INTEGERR"},
                             {"name": "b", "type": "INTEGER", "default": 1.5},
                             {"name": "B", "type": "INTEGER", "nullable": true},
                             {"name": "c d", "type": "INTEGER"}],
                 "event_key": ["x"], "sort_by": ["b", "B"],
                 "settings": {"shards": 0, "key_window": "a week", "colour": "red"}}
                """);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.errorCode()).isEqualTo("INVALID_REQUEST");
    List<String> fields = new ArrayList<>();
    answer
        .json()
        .get("context")
        .get("problems")
        .forEach(p -> fields.add(p.get("field").asString()));
    assertThat(fields)
        .containsExactlyInAnyOrder(
            "name",
            "colums",
            "primary_key",
            "partition_by",
            "columns[0].type",
            "columns[1].default",
            "columns[2].name",
            "columns[2].nullable",
            "columns[3].name",
            "event_key",
            "sort_by",
            "settings.shards",
            "settings.key_window",
            "settings.colour");
  }

  @Test
  void nestedColumnsAreNoKeysAndNoOrder() {
    TestGateway.Answer answer =
        gateway()
            .post(
                "/v1/tables",
                """
                {"name": "%s",
                 "columns": [{"name": "id", "type": "INTEGER"},
                             {"name": "at", "type": "STRUCT(x DOUBLE, \\"order\\" INTEGER)"},
                             {"name": "tags", "type": "VARCHAR[]"}],
                 "event_key": ["id", "at"], "sort_by": ["TAGS"]}
                """
                    .formatted(newName()));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(answer.json().get("detail").asString())
        .isEqualTo(
            "event_key names a column of lists or structs, at of type"
                + " STRUCT(x DOUBLE, \"order\" INTEGER); sort_by names a column of lists or"
                + " structs, tags of type VARCHAR[]");
  }

  @Test
  void moreShardsThanTheTenantHasAreRefusedWithBothNumbers() {
    TestGateway.Answer answer =
        gateway()
            .post(
                "/v1/tables",
                """
                {"name": "%s", "columns": [{"name": "a", "type": "INTEGER"}],
                 "settings": {"shards": 1000}}
                """
                    .formatted(newName()));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(answer.json().get("context").get("problems").get(0).get("field").asString())
        .isEqualTo("settings.shards");
    assertThat(answer.json().get("detail").asString())
        .matches("settings\\.shards is 1000, the tenant has \\d+");
  }

  @Test
  void tableIsMeantByItsNameInEveryCase() {
    String name = newTable();
    String upper = name.toUpperCase(Locale.ROOT);

    TestGateway.Answer again =
        gateway()
            .post(
                "/v1/tables",
                "{\"name\":\"%s\",\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"}]}"
                    .formatted(upper));

    assertThat(again.status()).isEqualTo(409);
    assertThat(again.errorCode()).isEqualTo("TABLE_EXISTS");
    assertThat(again.json().get("context").get("table").asString()).isEqualTo(name);
    assertThat(gateway().get("/v1/tables/" + upper).json().get("name").asString()).isEqualTo(name);
    assertThat(gateway().post(events(upper), "{\"id\":1}").status()).isEqualTo(202);
    assertThat(gateway().delete("/v1/tables/" + upper).status()).isEqualTo(200);
    assertThat(gateway().post(events(name), "{\"id\":1}").status()).isEqualTo(404);
  }

  @Test
  void everyCallProposesTheTableThatWasProbablyMeant() {
    String name = newTable();
    String wrong = name + "x";

    for (TestGateway.Answer answer :
        List.of(
            gateway().get("/v1/tables/" + wrong),
            gateway().delete("/v1/tables/" + wrong),
            gateway().post(events(wrong), "{\"id\":1}"))) {
      assertThat(answer.errorCode()).isEqualTo("TABLE_NOT_FOUND");
      JsonNode context = answer.json().get("context");
      assertThat(context.get("table").asString()).isEqualTo(wrong);
      assertThat(context.get("suggestion").asString()).startsWith("table_");
    }
  }

  @Test
  void secondTableOfANameIsRefused() {
    String name = newTable();

    TestGateway.Answer answer =
        gateway()
            .post(
                "/v1/tables",
                "{\"name\":\"%s\",\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"}]}"
                    .formatted(name));

    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.errorCode()).isEqualTo("TABLE_EXISTS");
  }

  @Test
  void droppedTableIsNotFoundByAnyCall() {
    String name = newTable();
    gateway().post(events(name), "{\"id\":1}");

    TestGateway.Answer dropped = gateway().delete("/v1/tables/" + name);

    assertThat(dropped.status()).isEqualTo(200);
    assertThat(dropped.json().get("snapshot_id").asLong()).isPositive();
    assertThat(gateway().get("/v1/tables/" + name).errorCode()).isEqualTo("TABLE_NOT_FOUND");
    assertThat(gateway().post(events(name), "{\"id\":2}").errorCode()).isEqualTo("TABLE_NOT_FOUND");
    assertThat(gateway().delete("/v1/tables/" + name).errorCode()).isEqualTo("TABLE_NOT_FOUND");
    assertThat(gateway().get("/v1/tables").body()).doesNotContain("\"" + name + "\"");
  }

  @Test
  void malformedJsonIsRefusedWithItsPlace() {
    TestGateway.Answer answer = gateway().post("/v1/tables", "{\"name\": \"a\",\n \"columns\": [}");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("detail").asString()).contains("line 2");
  }

  @Test
  void zeroCharactersAreRefusedInNamesAndTypesAndPossibleInDefaults() {
    String name = newName();
    TestGateway.Answer badName =
        gateway()
            .post(
                "/v1/tables",
                "{\"name\":\"a\\u0000b\",\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\"}]}");
    TestGateway.Answer badType =
        gateway()
            .post(
                "/v1/tables",
                "{\"name\":\"%s\",\"columns\":[{\"name\":\"s\",\"type\":\"STRUCT(\\\"a\\u0000b\\\" INTEGER)\"}]}"
                    .formatted(name));
    TestGateway.Answer badKey =
        gateway()
            .post(
                "/v1/tables",
                "{\"name\":\"%s\",\"event_key\":[\"i\\u0000d\"],\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\"}]}"
                    .formatted(name));
    TestGateway.Answer withDefault =
        gateway()
            .post(
                "/v1/tables",
                "{\"name\":\"%s\",\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\"},{\"name\":\"note\",\"type\":\"VARCHAR\",\"default\":\"a\\u0000b\"}]}"
                    .formatted(name));
    TestGateway.Answer sent = gateway().post(events(name) + "?wait=visible", "[{\"id\":1}]");

    assertThat(badName.status()).isEqualTo(400);
    assertThat(badType.status()).as(badType.body()).isEqualTo(400);
    assertThat(badKey.status()).isEqualTo(400);
    assertThat(withDefault.status()).as(withDefault.body()).isEqualTo(201);
    assertThat(sent.json().get("state").asString()).isEqualTo("visible");
  }

  @Test
  void listShowsTablesByName() {
    String name = newTable();

    JsonNode tables = gateway().get("/v1/tables").json().get("tables");

    List<String> names = new ArrayList<>();
    tables.forEach(table -> names.add(table.get("name").asString()));
    assertThat(names).contains(name).isSorted();
  }
}

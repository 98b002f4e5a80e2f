package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.RowRetention;
import io.duckmesh.catalog.upkeep.TableWishes;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import io.duckmesh.catalog.upkeep.UpkeepWindow;
import java.time.Duration;
import java.time.LocalTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PolicyApiTest extends GatewayTestBase {
  private static TestGateway.Answer patch(String table, String body) {
    return gateway().send("PATCH", "/v1/tables/" + table, body, Map.of());
  }

  private static String newTableWithTime() {
    String name = newName();
    TestGateway.Answer created =
        gateway()
            .post(
                "/v1/tables",
                """
                {"name": "%s", "columns": [{"name": "id", "type": "BIGINT"},
                                           {"name": "At", "type": "TIMESTAMPTZ"}]}
                """
                    .formatted(name));
    assertThat(created.status()).as(created.body()).isEqualTo(201);
    return name;
  }

  @Test
  void tableSaysWhatHoldsAndWhatIsItsOwn() {
    String table = newTableWithTime();

    TestGateway.Answer changed =
        patch(
            table,
            """
            {"sort_by": ["id"],
             "policy": {"compaction": "01:00-05:00", "target_file_bytes": 1048576,
                        "row_retention": {"column": "at", "keep": "90d"}}}
            """);

    assertThat(changed.status()).as(changed.body()).isEqualTo(200);
    assertThat(changed.json().get("policy").toString())
        .isEqualTo(
            "{\"compaction\":\"01:00-05:00\",\"target_file_bytes\":1048576,\"keep_snapshots\":\"7d\","
                + "\"keep_at_least\":10,\"row_retention\":{\"column\":\"At\",\"keep\":\"90d\"},"
                + "\"own\":[\"compaction\",\"target_file_bytes\",\"row_retention\"]}");
    assertThat(gateway().get("/v1/tables/" + table).body()).isEqualTo(changed.body());
    assertThat(gateway().upkeep().policies().wishes(tableId(table)))
        .isEqualTo(
            new TableWishes(
                new UpkeepPolicy(
                    true,
                    1L << 20,
                    new UpkeepWindow(LocalTime.of(1, 0), LocalTime.of(5, 0)),
                    null,
                    null,
                    new RowRetention(2, Duration.ofDays(90))),
                List.of("id")));
  }

  @Test
  void whatIsNotNamedStaysAndNullIsTheTenantsAgain() {
    String table = newTable();
    patch(table, "{\"policy\": {\"compaction\": \"off\", \"keep_at_least\": 3}}");

    TestGateway.Answer one = patch(table, "{\"policy\": {\"compaction\": null}}");
    TestGateway.Answer all = patch(table, "{\"policy\": null}");

    assertThat(one.json().at("/policy/compaction").asString()).isEqualTo("always");
    assertThat(one.json().at("/policy/own").toString()).isEqualTo("[\"keep_at_least\"]");
    assertThat(all.json().at("/policy/own")).isEmpty();
  }

  @Test
  void tableMayBeAlwaysOpenWhereItsTenantHasAWindow() {
    TenantId other = new TenantId("policy-window");
    gateway().catalog().tenants().ensure(other, 1);
    String key = gateway().newKey(other, EnumSet.allOf(Role.class));
    Map<String, String> as = Map.of("Authorization", "Bearer " + key);
    gateway()
        .send(
            "POST",
            "/v1/tables",
            "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"}]}",
            as);
    gateway().send("PUT", "/v1/maintenance/policy", "{\"compaction\":\"22:00-04:30\"}", as);

    String before =
        gateway()
            .send("PATCH", "/v1/tables/t", "{}", as)
            .json()
            .at("/policy/compaction")
            .asString();
    gateway().send("PATCH", "/v1/tables/t", "{\"policy\":{\"compaction\":\"always\"}}", as);

    assertThat(before).isEqualTo("22:00-04:30");
    assertThat(gateway().upkeep().policies().list(other))
        .allMatch(policy -> policy.isOpen(java.time.Instant.parse("2026-03-04T12:00:00Z")))
        .hasSize(1);
    assertThat(
            gateway()
                .send("PATCH", "/v1/tables/t", "{}", as)
                .json()
                .at("/policy/compaction")
                .asString())
        .isEqualTo("always");
  }

  @Test
  void everyProblemOfAPolicyIsNamed() {
    TestGateway.Answer answer =
        patch(
            newTable(),
            """
            {"sort_by": ["nobody"],
             "policy": {"compaction": "nightly", "target_file_bytes": 1, "keep_snapshots": "soon",
                        "keep_at_least": 0, "grace": "1m", "row_retention": {"column": "id"}}}
            """);

    assertThat(answer.errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(answer.json().at("/context/problems"))
        .extracting(problem -> problem.get("field").asString())
        .containsExactlyInAnyOrder(
            "sort_by",
            "policy.compaction",
            "policy.target_file_bytes",
            "policy.keep_snapshots",
            "policy.keep_at_least",
            "policy.grace",
            "policy.row_retention.column",
            "policy.row_retention.keep");
  }

  @Test
  void changeOfAnotherStateThanTheClientKnowsIsRefused() {
    String table = newTable();
    String etag = gateway().get("/v1/tables/" + table).header("ETag");
    Map<String, String> ifMatch = Map.of("If-Match", etag);
    String change = "{\"policy\":{\"keep_at_least\":%d}}";

    TestGateway.Answer first =
        gateway().send("PATCH", "/v1/tables/" + table, change.formatted(5), ifMatch);
    TestGateway.Answer second =
        gateway().send("PATCH", "/v1/tables/" + table, change.formatted(6), ifMatch);

    assertThat(first.status()).as(first.body()).isEqualTo(200);
    assertThat(first.header("ETag")).isNotEqualTo(etag);
    assertThat(second.status()).isEqualTo(412);
    assertThat(second.errorCode()).isEqualTo("PRECONDITION_FAILED");
    assertThat(gateway().get("/v1/tables/" + table).json().at("/policy/keep_at_least").asInt())
        .isEqualTo(5);
  }

  @Test
  void policyOfTheTenantIsReplacedAsAWhole() {
    TenantId other = new TenantId("policy-whole");
    gateway().catalog().tenants().ensure(other, 1);
    String key = gateway().newKey(other, EnumSet.allOf(Role.class));
    Map<String, String> as = Map.of("Authorization", "Bearer " + key);
    gateway().send("PUT", "/v1/maintenance/policy", "{\"keep_snapshots\":\"36h\"}", as);

    TestGateway.Answer replaced =
        gateway().send("PUT", "/v1/maintenance/policy", "{\"keep_at_least\":2}", as);
    TestGateway.Answer rows =
        gateway()
            .send("PUT", "/v1/maintenance/policy", "{\"row_retention\":{\"column\":\"a\"}}", as);

    assertThat(replaced.body())
        .isEqualTo(
            "{\"compaction\":\"always\",\"target_file_bytes\":134217728,\"keep_snapshots\":\"7d\","
                + "\"keep_at_least\":2,\"row_retention\":null,\"own\":[\"keep_at_least\"]}");
    assertThat(gateway().upkeep().policies().load(other).keepSnapshots()).isNull();
    assertThat(rows.errorCode()).isEqualTo("INVALID_REQUEST");
  }

  @Test
  void onlyAnAdministratorOfTablesChangesThem() {
    String table = newTable();
    String key =
        gateway().newKey(TestDatabase.TENANT, EnumSet.complementOf(EnumSet.of(Role.TABLE_ADMIN)));

    TestGateway.Answer answer =
        gateway()
            .send("PATCH", "/v1/tables/" + table, "{}", Map.of("Authorization", "Bearer " + key));

    assertThat(answer.errorCode()).isEqualTo("FORBIDDEN");
    assertThat(patch("never", "{}").errorCode()).isEqualTo("TABLE_NOT_FOUND");
  }
}

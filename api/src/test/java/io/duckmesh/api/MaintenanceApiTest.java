package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.api.upkeep.UpkeepStarter;
import io.duckmesh.catalog.Role;
import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.RewriteDraft;
import io.duckmesh.catalog.upkeep.RewriteKind;
import io.duckmesh.catalog.upkeep.RunCounts;
import io.duckmesh.catalog.upkeep.RunDraft;
import io.duckmesh.catalog.upkeep.UpkeepJob;
import io.duckmesh.catalog.upkeep.UpkeepRun;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class MaintenanceApiTest extends GatewayTestBase {
  @AfterEach
  void endRuns() {
    gateway().starts().end("collect");
    gateway().starts().end("expire/" + TestDatabase.TENANT);
  }

  private static void send(String table, int from, int count) {
    for (int i = 0; i < count; i++) {
      TestGateway.Answer sent =
          gateway().post(events(table) + "?wait=visible", "[{\"id\":%d}]".formatted(from + i));
      assertThat(sent.status()).as(sent.body()).isEqualTo(200);
    }
  }

  private static List<String> liveKeys(String table) {
    return gateway().upkeep().rewrites().liveFiles(tableId(table), null, 1_000).stream()
        .map(file -> file.objectKey())
        .toList();
  }

  @Test
  void dryRunOfCompactionListsTheFilesInPages() {
    String table = newTable();
    send(table, 1, 6);
    String path = "/v1/tables/" + table + "/compact";

    JsonNode plan = gateway().post(path, "{\"dry_run\":true}").json();
    JsonNode beyond = gateway().post(path, "{\"dry_run\":true,\"after\":\"100\"}").json();

    List<String> planned = new ArrayList<>();
    plan.get("groups")
        .forEach(
            group ->
                group.get("files").forEach(file -> planned.add(file.get("object_key").asString())));
    assertThat(planned).isSubsetOf(liveKeys(table)).doesNotHaveDuplicates().hasSizeGreaterThan(3);
    assertThat(plan.at("/groups/0/reason").asString()).isEqualTo("grows");
    assertThat(plan.get("open_now").asBoolean()).isTrue();
    assertThat(plan.get("after").isNull()).isTrue();
    assertThat(beyond.get("groups")).isEmpty();
    assertThat(liveKeys(table)).hasSize(6);
  }

  @Test
  void startedRunIsKnownAtOnceAndOnlyOneIsActive() {
    String table = newTable();
    String path = "/v1/tables/" + table + "/compact";

    TestGateway.Answer started = gateway().post(path, "{}");
    TestGateway.Answer again = gateway().post(path, "{\"dry_run\":false}");

    assertThat(started.status()).as(started.body()).isEqualTo(202);
    String run = started.json().get("run_id").asString();
    assertThat(started.json().get("workflow_id").asString()).isEqualTo("compact/" + tableId(table));
    assertThat(started.json().get("workflow_url").asString()).contains(run);
    assertThat(started.header("Location")).isEqualTo("/v1/maintenance/runs/" + run);
    JsonNode known = gateway().get("/v1/maintenance/runs/" + run).json();
    assertThat(known.get("outcome").asString()).isEqualTo("running");
    assertThat(known.get("table").asString()).isEqualTo(table);
    assertThat(known.get("started_by").asString()).isEqualTo("hand");
    assertThat(again.status()).isEqualTo(409);
    assertThat(again.errorCode()).isEqualTo("RUN_ACTIVE");
    assertThat(again.json().at("/context/run_id").asString()).isEqualTo(run);
  }

  @Test
  void runsAreFoundByJobTableAndOutcomeInPages() {
    String table = newTable();
    TableId id = tableId(table);
    for (int i = 0; i < 5; i++) {
      String run = table + "-" + i;
      gateway()
          .upkeep()
          .runs()
          .begin(
              new RunDraft(
                  run, UpkeepJob.COMPACT, TestDatabase.TENANT, id, false, "w", "schedule"));
      gateway()
          .upkeep()
          .runs()
          .finish(
              run,
              i % 2 == 0 ? UpkeepRun.State.SUCCEEDED : UpkeepRun.State.FAILED,
              new RunCounts(1, 2, 3, 4, 5, 6, 7, 8),
              "Because of " + i);
    }
    String path = "/v1/maintenance/runs?job=compact&limit=2&table=" + table;

    JsonNode first = gateway().get(path).json();
    JsonNode second = gateway().get(path + "&before=" + first.get("before").asLong()).json();
    JsonNode last = gateway().get(path + "&before=" + second.get("before").asLong()).json();
    JsonNode failed = gateway().get(path + "&outcome=failed").json();

    assertThat(ids(first)).containsExactly(table + "-4", table + "-3");
    assertThat(ids(second)).containsExactly(table + "-2", table + "-1");
    assertThat(ids(last)).containsExactly(table + "-0");
    assertThat(last.get("before").isNull()).isTrue();
    assertThat(ids(failed)).containsExactly(table + "-3", table + "-1");
    JsonNode run = failed.get("runs").get(0);
    assertThat(run.get("reason").asString()).isEqualTo("Because of 3");
    assertThat(run.get("counts").toString())
        .isEqualTo(
            "{\"steps\":1,\"conflicts\":2,\"files_in\":3,\"files_out\":4,\"rows\":5,\"bytes_in\":6,\"bytes_out\":7,\"failures\":8}");
    assertThat(gateway().get("/v1/maintenance/runs?job=dance").json().get("detail").asString())
        .contains("compact, expire, collect");
    assertThat(gateway().get("/v1/maintenance/runs?table=never").errorCode())
        .isEqualTo("TABLE_NOT_FOUND");
  }

  private static List<String> ids(JsonNode page) {
    List<String> ids = new ArrayList<>();
    page.get("runs").forEach(run -> ids.add(run.get("run_id").asString()));
    return ids;
  }

  @Test
  void runOfAnotherTenantIsNotFound() {
    TenantId other = new TenantId("runs-other");
    gateway().catalog().tenants().ensure(other, 1);
    gateway()
        .upkeep()
        .runs()
        .begin(new RunDraft("others", UpkeepJob.EXPIRE, other, null, false, "w", "schedule"));

    assertThat(gateway().get("/v1/maintenance/runs/others").errorCode()).isEqualTo("RUN_NOT_FOUND");
    assertThat(gateway().delete("/v1/maintenance/runs/others").errorCode())
        .isEqualTo("RUN_NOT_FOUND");
    assertThat(ids(gateway().get("/v1/maintenance/runs?limit=1000").json()))
        .doesNotContain("others");
  }

  @Test
  void runningRunIsCancelledAndOneThatEndedIsNot() {
    JsonNode started = gateway().post("/v1/maintenance/collect", "").json();
    String run = started.get("run_id").asString();

    TestGateway.Answer cancelled = gateway().delete("/v1/maintenance/runs/" + run);
    gateway().upkeep().runs().finish(run, UpkeepRun.State.FAILED, RunCounts.NONE, "Cancelled");
    TestGateway.Answer after = gateway().delete("/v1/maintenance/runs/" + run);

    assertThat(cancelled.status()).isEqualTo(202);
    assertThat(after.status()).isEqualTo(200);
    assertThat(after.json().get("reason").asString()).isEqualTo("Cancelled");
    assertThat(gateway().starts().cancelled()).containsOnlyOnce("collect " + run);
  }

  @Test
  void everyJobStartsByHand() {
    String table = newTable();
    send(table, 1, 5);

    JsonNode compact = gateway().post("/v1/maintenance/compact", "").json();
    TestGateway.Answer expire = gateway().post("/v1/maintenance/expire", "{}");
    TestGateway.Answer collect = gateway().post("/v1/maintenance/collect", "");
    TestGateway.Answer verify = gateway().post("/v1/maintenance/verify", "");

    List<String> started = new ArrayList<>();
    compact.get("runs").forEach(run -> started.add(run.get("table").asString()));
    assertThat(started).contains(table);
    assertThat(gateway().post("/v1/tables/" + table + "/compact", "").errorCode())
        .isEqualTo("RUN_ACTIVE");
    assertThat(expire.status()).as(expire.body()).isEqualTo(202);
    assertThat(collect.status()).as(collect.body()).isEqualTo(202);
    assertThat(verify.header("Location")).startsWith("/v1/verify/");
    assertThat(gateway().get(verify.header("Location")).status()).isEqualTo(200);
    assertThat(gateway().post("/v1/maintenance/dance", "").errorCode()).isEqualTo("NOT_FOUND");
    assertThat(gateway().post("/v1/maintenance/expire", "{\"limit\":3}").errorCode())
        .isEqualTo("INVALID_REQUEST");
  }

  @Test
  void dryRunOfExpiryListsTheSnapshotsThatExpire() {
    TenantId other = new TenantId("dry-expiry");
    gateway().catalog().tenants().ensure(other, 1);
    String key = gateway().newKey(other, EnumSet.allOf(Role.class));
    Map<String, String> as = Map.of("Authorization", "Bearer " + key);
    for (int i = 0; i < 8; i++) {
      gateway()
          .send(
              "POST",
              "/v1/tables",
              "{\"name\":\"t%d\",\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"}]}".formatted(i),
              as);
    }
    gateway().send("PUT", "/v1/pins/kept", "{\"snapshot_id\":3}", as);
    gateway()
        .send(
            "PUT", "/v1/maintenance/policy", "{\"keep_snapshots\":\"0s\",\"keep_at_least\":2}", as);

    Set<Long> planned = new TreeSet<>();
    String after = null;
    long count;
    do {
      JsonNode page =
          gateway()
              .send(
                  "POST",
                  "/v1/maintenance/expire",
                  "{\"dry_run\":true,\"limit\":3%s}"
                      .formatted(after == null ? "" : ",\"after\":\"" + after + "\""),
                  as)
              .json();
      page.get("snapshots").forEach(each -> planned.add(each.get("snapshot_id").asLong()));
      count = page.get("snapshot_count").asLong();
      after = page.get("after").isNull() ? null : page.get("after").asString();
    } while (after != null);
    Set<Long> before = readable(as);
    gateway().upkeep().retention().expire(gateway().upkeep().retention().plan(other));
    Set<Long> gone = new TreeSet<>(before);
    gone.removeAll(readable(as));

    assertThat(planned).isEqualTo(gone).hasSize((int) count).isNotEmpty().doesNotContain(3L);
  }

  @Test
  void dryRunOfExpiryListsFilesWithRowsThatAreTooOld() throws Exception {
    String table = newName();
    gateway()
        .post(
            "/v1/tables",
            "{\"name\":\"%s\",\"columns\":[{\"name\":\"at\",\"type\":\"TIMESTAMPTZ\"}]}"
                .formatted(table));
    String old = "{\"at\":\"2020-01-01T00:00:00Z\"}";
    String now = "{\"at\":\"%s\"}".formatted(Instant.now().truncatedTo(ChronoUnit.SECONDS));
    for (String rows : List.of("[" + now + "]", "[" + old + "]", "[" + old + "," + now + "]")) {
      TestGateway.Answer sent = gateway().post(events(table) + "?wait=visible", rows);
      assertThat(sent.status()).as(sent.body()).isEqualTo(200);
    }
    // The lander of these tests writes no statistics, which are all that says how old rows are.
    database()
        .execute(
            """
            UPDATE catalog.data_file f
            SET field_ids = '{1}',
                null_counts = '{0}',
                mins = ARRAY[CASE WHEN n = 1 THEN '2999-01-01T00:00:00Z' ELSE '2020-01-01T00:00:00Z' END],
                maxs = ARRAY[CASE WHEN n = 2 THEN '2020-01-01T00:00:00Z' ELSE '2999-01-01T00:00:00Z' END]
            FROM (SELECT object_key, row_number() OVER (ORDER BY begin_snapshot) AS n
                  FROM catalog.data_file
                  WHERE table_id = '%s') numbered
            WHERE numbered.object_key = f.object_key
            """
                .formatted(tableId(table)));
    gateway()
        .send(
            "PATCH",
            "/v1/tables/" + table,
            "{\"policy\":{\"row_retention\":{\"column\":\"at\",\"keep\":\"30d\"}}}",
            Map.of());

    List<JsonNode> files = new ArrayList<>();
    String after = "files/0";
    do {
      JsonNode page =
          gateway()
              .post(
                  "/v1/maintenance/expire",
                  "{\"dry_run\":true,\"limit\":1,\"after\":\"%s\"}".formatted(after))
              .json();
      page.get("files")
          .forEach(
              file -> {
                if (file.get("table").asString().equals(table)) {
                  files.add(file);
                }
              });
      after = page.get("after").isNull() ? null : page.get("after").asString();
    } while (after != null);

    assertThat(files).extracting(file -> file.get("rows").asLong()).containsExactly(1L, 2L);
    assertThat(files)
        .extracting(file -> file.get("rows_left").asBoolean())
        .containsExactly(false, true);
    assertThat(
            gateway()
                .post("/v1/maintenance/expire", "{\"dry_run\":true,\"after\":\"x\"}")
                .errorCode())
        .isEqualTo("INVALID_REQUEST");
  }

  private static Set<Long> readable(Map<String, String> as) {
    Set<Long> ids = new TreeSet<>();
    java.net.http.HttpRequest.Builder request = gateway().request("/v1/snapshots").GET();
    as.forEach(request::setHeader);
    gateway()
        .send(request.build())
        .json()
        .get("snapshots")
        .forEach(each -> ids.add(each.get("snapshot_id").asLong()));
    return ids;
  }

  @Test
  void dryRunOfCollectionListsWhatIsMarkedAndWhatIsDeleted() {
    String table = newTable();
    send(table, 1, 1);
    var id =
        gateway()
            .upkeep()
            .rewrites()
            .begin(
                "r",
                tableId(table),
                List.of(new RewriteDraft(RewriteKind.COMPACT, liveKeys(table), false)))
            .getFirst();
    String pending = "dry/" + table + ".parquet";
    gateway().upkeep().rewrites().registerPending(id, pending);
    gateway().upkeep().rewrites().abandon(id);

    List<String> before = keys("marked");
    gateway().upkeep().garbage().mark(TestDatabase.TENANT, Duration.ofMinutes(5), 1_000);

    assertThat(before).contains(pending);
    assertThat(keys("marked")).doesNotContain(pending);
    assertThat(keys("deleted")).doesNotContain(pending);
    assertThat(gateway().upkeep().garbage().list(null, 1_000))
        .anyMatch(object -> object.objectKey().equals(pending));
  }

  private static List<String> keys(String list) {
    List<String> keys = new ArrayList<>();
    String after = null;
    do {
      JsonNode page =
          gateway()
              .post(
                  "/v1/maintenance/collect",
                  "{\"dry_run\":true,\"limit\":2%s}"
                      .formatted(after == null ? "" : ",\"after\":\"" + after + "\""))
              .json();
      page.get(list).forEach(each -> keys.add(each.get("object_key").asString()));
      after = page.get("after").isNull() ? null : page.get("after").asString();
    } while (after != null);
    return keys;
  }

  @Test
  void dryRunOfVerifyListsTheFilesOfTheNewestSnapshot() {
    String table = newTable();
    send(table, 1, 2);

    JsonNode plan =
        gateway().post("/v1/maintenance/verify", "{\"dry_run\":true,\"limit\":1000}").json();

    List<String> keys = new ArrayList<>();
    plan.get("files").forEach(file -> keys.add(file.get("object_key").asString()));
    assertThat(keys).containsAll(liveKeys(table));
    assertThat(plan.get("shards")).hasSize(TestDatabase.SHARDS);
  }

  @Test
  void backlogSaysWhatWaitsAndWhichVerbHelps() throws Exception {
    String table = newTable();
    send(table, 1, 2);
    gateway()
        .send("PATCH", "/v1/tables/" + table, "{\"policy\":{\"compaction\":\"off\"}}", Map.of());
    database()
        .execute(
            """
            INSERT INTO catalog.data_file
              (object_key, table_id, write_id, schema_version, row_count, size_bytes, content_hash,
               field_ids, null_counts, mins, maxs, begin_snapshot, registered_at)
            SELECT 'many/%1$s/' || n, table_id, write_id, schema_version, row_count, size_bytes,
                   content_hash, field_ids, null_counts, mins, maxs, begin_snapshot, registered_at
            FROM (SELECT * FROM catalog.data_file WHERE table_id = '%2$s' LIMIT 1) f,
                 generate_series(1, 60) AS n
            """
                .formatted(table, tableId(table)));
    gateway().starts().schedules(List.of(new UpkeepStarter.Schedule("expire/default", "1h", true)));

    JsonNode answer;
    try {
      answer = gateway().get("/v1/maintenance").json();
    } finally {
      gateway().starts().schedules(List.of());
      database().execute("DELETE FROM catalog.data_file WHERE object_key LIKE 'many/%'");
    }

    JsonNode waiting = null;
    for (JsonNode each : answer.get("tables")) {
      if (each.get("table").asString().equals(table)) {
        waiting = each;
      }
    }
    assertThat(waiting).isNotNull();
    assertThat(waiting.get("small_files").asLong()).isEqualTo(62);
    assertThat(waiting.get("compaction").asString()).isEqualTo("off");
    assertThat(waiting.get("write_amplification").asDouble()).isEqualTo(1.0);
    List<String> verbs = new ArrayList<>();
    answer.get("obstacles").forEach(each -> verbs.add(each.get("verb").asString()));
    assertThat(verbs)
        .contains(
            "duckmesh policy %s --compaction always".formatted(table),
            "Resume it in the Temporal UI, under Schedules");
  }

  @Test
  void deletionThatFailsIsShownWithItsReason() throws Exception {
    String table = newTable();
    String key = "stuck/" + table;
    database()
        .execute(
            """
            INSERT INTO catalog.garbage
              (object_key, tenant_id, table_id, size_bytes, delete_from, failures, failure)
            VALUES ('%s', 'default', '%s', 7, now() + interval '1 hour', 3, 'AccessDenied')
            """
                .formatted(key, tableId(table)));

    JsonNode answer;
    String metrics;
    try {
      answer = gateway().get("/v1/maintenance").json();
      metrics = gateway().get("/metrics").body();
    } finally {
      database().execute("DELETE FROM catalog.garbage WHERE object_key = '%s'".formatted(key));
    }

    assertThat(answer.get("failures"))
        .anyMatch(
            each ->
                each.get("object_key").asString().equals(key)
                    && each.get("reason").asString().equals("AccessDenied"));
    assertThat(answer.at("/garbage/failing").asLong()).isEqualTo(1);
    assertThat(answer.get("obstacles").toString()).contains("AccessDenied", "duckmesh collect");
    assertThat(metrics).contains("duckmesh_garbage_failing 1.0");
  }

  @Test
  void metricsTellOfFilesAndRuns() {
    String table = newTable();
    send(table, 1, 2);
    gateway().post("/v1/maintenance/expire", "");

    String metrics = gateway().get("/metrics").body();

    String tags = "{table=\"%s\",tenant=\"default\"} ".formatted(table);
    assertThat(metrics)
        .contains("duckmesh_upkeep_files_live" + tags + "2.0")
        .contains("duckmesh_upkeep_files_small" + tags + "2.0")
        .contains("duckmesh_upkeep_write_amplification" + tags + "1.0")
        .containsPattern(
            "duckmesh_upkeep_runs_remembered\\{job=\"expire\",outcome=\"running\",tenant=\"default\"}"
                + " \\d")
        .contains("duckmesh_garbage_objects ");
  }

  @Test
  void onlyAnOperatorRunsMaintenance() {
    String key =
        gateway().newKey(TestDatabase.TENANT, EnumSet.complementOf(EnumSet.of(Role.OPS_ADMIN)));
    Map<String, String> as = Map.of("Authorization", "Bearer " + key);

    for (String path :
        List.of("/v1/maintenance/expire", "/v1/maintenance/collect", "/v1/maintenance/compact")) {
      assertThat(gateway().send("POST", path, "{}", as).errorCode()).isEqualTo("FORBIDDEN");
    }
    assertThat(
            gateway()
                .send("POST", "/v1/tables/%s/compact".formatted(newTable()), "{}", as)
                .status())
        .isEqualTo(202);
  }
}

package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.testing.TemporalServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The same queries at the same pinned snapshots, before, during and after everything that changes
 * and deletes files around them.
 */
class PinnedAnswersIT {
  private static final int PINS = 20;

  private static final String COLUMNS =
      """
      {"name":"%s","columns":[{"name":"id","type":"BIGINT"},{"name":"device","type":"VARCHAR"},
        {"name":"celsius","type":"DECIMAL(6,2)"},{"name":"ratio","type":"DOUBLE"}]%s}
      """;

  /** Rows without an order come in the same one, too, however the files are merged since. */
  private static final List<String> QUERIES =
      List.of(
          "SELECT * FROM readings",
          "SELECT * FROM sorted",
          "SELECT * FROM readings LIMIT 7",
          "SELECT * FROM sorted LIMIT 7",
          "SELECT id FROM sorted OFFSET 3",
          "SELECT count(*), sum(id), min(device), max(celsius) FROM readings",
          "SELECT count(*), sum(id), min(device), max(celsius) FROM sorted",
          "SELECT sum(ratio), avg(ratio) FROM readings",
          "SELECT sum(ratio), avg(ratio) FROM sorted",
          "SELECT device, count(*), sum(celsius) FROM readings GROUP BY device ORDER BY device",
          "SELECT device, list(id) FROM sorted GROUP BY device ORDER BY device",
          "SELECT * FROM readings WHERE id BETWEEN 10 AND 30 ORDER BY id",
          "SELECT * FROM sorted WHERE device = 'd3' ORDER BY id DESC",
          "SELECT r.id, s.device FROM readings r JOIN sorted s ON r.id = s.id ORDER BY r.id",
          "SELECT id FROM readings EXCEPT SELECT id FROM sorted WHERE id % 3 = 0 ORDER BY id",
          "SELECT id, sum(celsius) OVER (ORDER BY id) FROM readings ORDER BY id",
          "SELECT quantile_disc(celsius, 0.5), count(DISTINCT device) FROM sorted",
          "SELECT id FROM readings WHERE celsius IS NULL ORDER BY id",
          "SELECT string_agg(device, ',' ORDER BY id) FROM sorted",
          "SELECT 'r' AS t, max(id) FROM readings UNION ALL SELECT 's', max(id) FROM sorted");

  @TempDir private Path folder;

  private Deployment deployment;

  @Test
  void answersStayTheSameThroughMergingExpiryCollectionAndRestart() throws Exception {
    Path objects = folder.resolve("objects");
    try (TemporalServer temporal = TemporalServer.start();
        Deployment started =
            Deployment.start(folder, temporal, "object-store.url: " + objects.toUri(), Map.of())) {
      deployment = started;
      deployment.startMaterializer("materializer");
      deployment.startWorker("keeper", "compactor,collector");
      create("readings", " ");
      create("sorted", ",\"sort_by\":[\"device\",\"id\"]");
      List<Long> pinned = new ArrayList<>();
      List<Long> others = new ArrayList<>();
      fill(pinned, others);
      Map<String, String> before = answers(pinned);
      Set<String> objectsBefore = stored(objects);

      mergeWhileAsking(pinned, before);
      assertThat(answers(pinned)).as("after merging").isEqualTo(before);

      run("/v1/maintenance/expire");
      for (long other : others) {
        assertThat(errorAt(other))
            .as("snapshot %d, which is not pinned", other)
            .isEqualTo("SNAPSHOT_EXPIRED");
      }
      assertThat(answers(pinned)).as("after expiry of others").isEqualTo(before);

      run("/v1/maintenance/collect");
      letGraceTimePass();
      run("/v1/maintenance/collect");
      Set<String> deleted = new TreeSet<>(objectsBefore);
      deleted.removeAll(stored(objects));
      assertThat(deleted).as("objects that only others had").isNotEmpty();
      assertThat(stored(objects)).isEqualTo(known());
      assertThat(answers(pinned)).as("after collection").isEqualTo(before);

      deployment.killGateway();
      deleteCache();
      deployment.startGateway();
      assertThat(answers(pinned)).as("after a restart without a cache").isEqualTo(before);
    }
  }

  private void create(String table, String rest) {
    deployment.post("/v1/tables", "application/json", COLUMNS.formatted(table, rest));
    deployment.change(
        "PATCH",
        "/v1/tables/" + table,
        "{\"policy\":{\"compaction\":\"off\",\"keep_snapshots\":\"0s\",\"keep_at_least\":1}}");
  }

  /** Each pinned snapshot comes after some that are not; one of the tables goes back, once. */
  private void fill(List<Long> pinned, List<Long> others) {
    int next = 0;
    for (int pin = 0; pin < PINS; pin++) {
      for (int batch = 0; batch < 2; batch++) {
        for (String table : List.of("readings", "sorted")) {
          String receipt =
              deployment
                  .send(table, table + next, rows(next, next + 3))
                  .get("receipt_id")
                  .asString();
          deployment.landed(receipt);
        }
        next += 3;
        if (batch == 0) {
          others.add(newest());
        }
      }
      if (pin == PINS / 2) {
        long back = pinned.get(pin - 3);
        deployment.change(
            "POST", "/v1/tables/sorted/restore", "{\"snapshot_id\":%d}".formatted(back));
      }
      if (pin == PINS - 3) {
        deployment.delete("/v1/tables/readings");
        deployment.change("POST", "/v1/tables/readings/undrop", "{}");
      }
      long snapshot = newest();
      deployment.change("PUT", "/v1/pins/p" + pin, "{\"snapshot_id\":%d}".formatted(snapshot));
      pinned.add(snapshot);
    }
  }

  private static String rows(int from, int until) {
    StringBuilder rows = new StringBuilder();
    for (int id = from; id < until; id++) {
      String celsius = id % 5 == 0 ? "null" : "%d.%02d".formatted(id % 40, id % 100);
      rows.append(
          "{\"id\":%d,\"device\":\"d%d\",\"celsius\":%s,\"ratio\":%s}\n"
              .formatted(id, id % 7, celsius, 1.0 / (id + 3)));
    }
    return rows.toString();
  }

  private long newest() {
    return deployment
        .post("/v1/query", "application/json", "{\"sql\":\"SELECT count(*) FROM sorted\"}")
        .get("snapshot_id")
        .asLong();
  }

  private void mergeWhileAsking(List<Long> pinned, Map<String, String> before) throws Exception {
    AtomicBoolean merging = new AtomicBoolean(true);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<Integer> asked =
          thread.submit(
              () -> {
                int rounds = 0;
                while (merging.get() || rounds == 0) {
                  assertThat(answers(pinned)).as("while files are merged").isEqualTo(before);
                  rounds++;
                }
                return rounds;
              });
      for (String table : List.of("readings", "sorted")) {
        long files = liveFiles(table);
        deployment.change(
            "PATCH", "/v1/tables/" + table, "{\"policy\":{\"compaction\":\"always\"}}");
        Stack.await(
            "files of %s are merged".formatted(table),
            Deployment.LIMIT,
            () -> liveFiles(table) <= files / 4);
      }
      merging.set(false);
      assertThat(asked.get()).isPositive();
    } finally {
      merging.set(false);
      thread.shutdownNow();
    }
  }

  /** Answers as they came, by snapshot and query. */
  private Map<String, String> answers(List<Long> snapshots) {
    Map<String, String> answers = new LinkedHashMap<>();
    for (long snapshot : snapshots) {
      for (String sql : QUERIES) {
        HttpResponse<String> answer = at(snapshot, sql);
        assertThat(answer.statusCode())
            .as("%s at %d: %s", sql, snapshot, answer.body())
            .isEqualTo(200);
        answers.put(
            snapshot + ": " + sql, Stack.JSON.readTree(answer.body()).get("rows").toString());
      }
    }
    return answers;
  }

  private String errorAt(long snapshot) {
    return Stack.JSON
        .readTree(at(snapshot, "SELECT count(*) FROM readings").body())
        .path("error_code")
        .asString("none");
  }

  private HttpResponse<String> at(long snapshot, String sql) {
    return deployment.ask(
        "/v1/query",
        Stack.JSON.createObjectNode().put("sql", sql).put("snapshot_id", snapshot).toString());
  }

  /** Runs a job to its end, after one that may be active. */
  private void run(String path) {
    List<String> runId = new ArrayList<>();
    Stack.await(
        path + " is started",
        Deployment.LIMIT,
        () -> {
          HttpResponse<String> answer = deployment.ask(path, "{}");
          JsonNode body = Stack.JSON.readTree(answer.body());
          if (answer.statusCode() / 100 != 2) {
            assertThat(body.path("error_code").asString("")).isEqualTo("RUN_ACTIVE");
            return false;
          }
          runId.add(body.get("run_id").asString());
          return true;
        });
    Stack.await(
        path + " has succeeded",
        Deployment.LIMIT,
        () ->
            texts(
                    "SELECT state FROM catalog.upkeep_run WHERE run_id = '%s'"
                        .formatted(runId.getFirst()))
                .contains("succeeded"));
  }

  private long liveFiles(String table) {
    return texts(
            """
            SELECT f.object_key
            FROM catalog.data_file f
            JOIN catalog.tenant_table t USING (table_id)
            WHERE t.name = '%s' AND f.begin_snapshot IS NOT NULL AND f.end_snapshot IS NULL
            """
                .formatted(table))
        .size();
  }

  /** Instead of waiting for it, everything that waits is let to have waited long enough. */
  private void letGraceTimePass() throws SQLException {
    try (Connection connection = DriverManager.getConnection(deployment.database());
        Statement statement = connection.createStatement()) {
      int waiting =
          statement.executeUpdate(
              "UPDATE catalog.garbage SET delete_from = now() - interval '1 s'");
      assertThat(waiting).as("objects that wait to be deleted").isPositive();
    }
  }

  private Set<String> known() {
    return texts("SELECT object_key FROM catalog.data_file");
  }

  private Set<String> texts(String sql) {
    Set<String> texts = new TreeSet<>();
    try (Connection connection = DriverManager.getConnection(deployment.database());
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
    return texts;
  }

  private static Set<String> stored(Path objects) throws IOException {
    try (Stream<Path> files = Files.walk(objects)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> objects.relativize(file).toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private void deleteCache() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("cache-gateway"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}

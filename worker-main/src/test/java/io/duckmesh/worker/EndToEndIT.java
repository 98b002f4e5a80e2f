package io.duckmesh.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.TerminateWorkflowExecutionRequest;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The whole path with real servers: events in, SQL out. */
class EndToEndIT {
  private static final int CLIENTS = 8;

  /** Writes of each client; 500 is what the promise was made for. */
  private static final int WRITES = Integer.getInteger("duckmesh.test.writes", 20);

  private static final List<String> TABLES = List.of("own_a", "own_b", "own_c", "own_d");

  private final Stack stack = Stack.shared();

  @TempDir private Path folder;

  @Test
  void demoLoadsItsSampleOnceAndAnswersItsQuestions() {
    Program.Result first = Program.run(folder, stack.environment(), "demo");
    Program.Result again = Program.run(folder, stack.environment(), "demo");

    assertThat(first.exitCode()).as(first.out() + first.err()).isZero();
    assertThat(again.exitCode()).as(again.out() + again.err()).isZero();
    assertThat(again.out()).contains("nothing is added twice");
    assertThat(count("demo_airlines")).isEqualTo(16);
    assertThat(count("demo_airports")).isEqualTo(1458);
    assertThat(count("demo_weather")).isEqualTo(355);
    // Every run writes one flight of its own to show that it can be read at once.
    assertThat(count("demo_flights")).isEqualTo(4334 + 2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT count(*) FROM flights",
        "SELECT carrier, count(*), avg(dep_delay), min(arr_delay) FROM flights GROUP BY ALL ORDER BY ALL",
        "SELECT day, sum(distance), max(air_time) FROM flights GROUP BY ALL ORDER BY ALL",
        "SELECT flight_id, dep_delay FROM flights WHERE dep_delay IS NOT NULL ORDER BY 2 DESC, 1 LIMIT 20",
        "SELECT count(*) FILTER (dep_delay IS NULL), count(*) FILTER (tailnum IS NULL) FROM flights",
        "SELECT count(DISTINCT tailnum), count(DISTINCT dest) FROM flights",
        "SELECT origin, dest, count(*) FROM flights GROUP BY ALL HAVING count(*) > 40 ORDER BY ALL",
        "SELECT hour, median(dep_delay), sum(arr_delay) FROM flights GROUP BY ALL ORDER BY ALL",
        "SELECT epoch(time_hour) AS at, count(*) FROM flights GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 10",
        "SELECT carrier, rank() OVER (ORDER BY count(*) DESC, carrier) FROM flights GROUP BY carrier ORDER BY 2"
      })
  void answersEqualThoseOfBareDuckDb(String sql) throws Exception {
    Path sample = sample("flights");
    Path schema = resource("flights.schema.json");
    Program.Result loaded =
        Program.run(
            folder,
            stack.environment(),
            "ingest",
            "flights",
            sample.toString(),
            "--schema",
            schema.toString(),
            "--chunk-rows",
            "500",
            "--wait");
    assertThat(loaded.exitCode()).as(loaded.err()).isZero();

    JsonNode answer =
        stack.post(
            1,
            "/v1/query",
            "application/json",
            Stack.JSON.createObjectNode().put("sql", sql).toString());

    assertThat(rows(answer)).isEqualTo(bare(sql, sample));
  }

  @Test
  void everyClientSeesItsOwnWriteThroughAnyGateway() throws Exception {
    TABLES.forEach(
        table ->
            createTable(
                table,
                "{\"name\":\"client\",\"type\":\"INTEGER\"},{\"name\":\"n\",\"type\":\"INTEGER\"}"));
    List<Future<Integer>> clients = new ArrayList<>();

    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int client = 0; client < CLIENTS; client++) {
        int number = client;
        Callable<Integer> writes = () -> writeAndRead(number);
        clients.add(executor.submit(writes));
      }
    }

    int seen = 0;
    for (Future<Integer> client : clients) {
      seen += client.get();
    }
    assertThat(seen).isEqualTo(CLIENTS * WRITES);
    long rows = TABLES.stream().mapToLong(this::count).sum();
    assertThat(rows).isEqualTo((long) CLIENTS * WRITES);
  }

  private int writeAndRead(int client) {
    int seen = 0;
    for (int n = 0; n < WRITES; n++) {
      String table = TABLES.get((client + n) % TABLES.size());
      JsonNode receipt =
          stack.post(
              client % 2,
              "/v1/tables/%s/events?wait=visible&timeout=30s".formatted(table),
              "application/x-ndjson",
              "{\"client\":%d,\"n\":%d}\n".formatted(client, n));
      JsonNode answer =
          stack.post(
              (client + n) % 2,
              "/v1/query",
              "application/json",
              """
              {"sql":"SELECT count(*) FROM %s WHERE client = %d AND n = %d","min_visibility_token":"%s"}
              """
                  .formatted(table, client, n, receipt.path("token").asString()));
      assertThat(receipt.path("state").asString()).isEqualTo("visible");
      assertThat(rows(answer)).containsExactly(List.of("1"));
      seen++;
    }
    return seen;
  }

  @Test
  void terminatedWorkflowRunsAgainAndNothingIsLost() throws Exception {
    createTable("terminated", "{\"name\":\"n\",\"type\":\"INTEGER\"}");
    JsonNode described = stack.get(0, "/v1/tables/terminated");
    List<String> shards = new ArrayList<>();
    stack
        .get(0, "/v1/lag")
        .path("shards")
        .forEach(shard -> shards.add(shard.path("shard").asString()));
    assertThat(shards).as(described.toString()).isNotEmpty();
    WorkflowServiceStubs stubs =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget(stack.temporal().address()).build());
    try {
      for (int n = 0; n < 10; n++) {
        write("terminated", n, "");
      }
      for (String shard : shards) {
        awaitRunning(stubs, shard);
        stubs
            .blockingStub()
            .terminateWorkflowExecution(
                TerminateWorkflowExecutionRequest.newBuilder()
                    .setNamespace(stack.temporal().namespace())
                    .setWorkflowExecution(
                        WorkflowExecution.newBuilder().setWorkflowId("materialize/" + shard))
                    .setReason("test")
                    .build());
      }
      for (int n = 10; n < 20; n++) {
        write("terminated", n, "");
      }

      for (String shard : shards) {
        awaitRunning(stubs, shard);
      }
      JsonNode last = write("terminated", 20, "?wait=visible&timeout=30s");

      assertThat(last.path("state").asString()).isEqualTo("visible");
      assertThat(count("terminated")).isEqualTo(21);
    } finally {
      stubs.shutdownNow();
    }
  }

  @Test
  void verifyPassesAndNamesAFileThatIsGone() throws Exception {
    createTable("verified", "{\"name\":\"n\",\"type\":\"INTEGER\"}");
    write("verified", 1, "?wait=visible&timeout=30s");

    Program.Result passed = Program.run(folder, stack.environment(), "verify", "--wait");

    assertThat(passed.out() + passed.err()).contains(" passed: ");
    assertThat(passed.exitCode()).isZero();
    assertThat(Program.run(folder, stack.environment(), "lag").out())
        .containsPattern("verified +default-\\d +1 +1 +0 +0 +0 +true");
    Path file = objectOf(stack.get(0, "/v1/tables/verified").path("table_id").asString());
    Path aside = folder.resolve("aside.parquet");
    Files.move(file, aside);
    try {
      Program.Result failed = Program.run(folder, stack.environment(), "verify", "--wait");

      assertThat(failed.exitCode()).isEqualTo(1);
      assertThat(failed.out())
          .contains(" failed: ", "file_missing", file.getFileName().toString(), "verified");
    } finally {
      Files.move(aside, file);
    }
    assertThat(stack.get(1, "/v1/verify").path("runs"))
        .extracting(run -> run.path("state").asString())
        .startsWith("failed", "passed");
  }

  private Path objectOf(String tableId) throws IOException {
    Path objects = stack.objects();
    try (Stream<Path> files = Files.walk(objects)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> objects.relativize(file).toString().contains(tableId))
          .findFirst()
          .orElseThrow();
    }
  }

  private JsonNode write(String table, int n, String query) {
    return stack.post(
        0,
        "/v1/tables/%s/events%s".formatted(table, query),
        "application/x-ndjson",
        "{\"n\":%d}\n".formatted(n));
  }

  private void awaitRunning(WorkflowServiceStubs stubs, String shard) {
    Stack.await(
        "materialize/" + shard + " is running",
        Duration.ofSeconds(30),
        () ->
            stubs
                    .blockingStub()
                    .describeWorkflowExecution(
                        DescribeWorkflowExecutionRequest.newBuilder()
                            .setNamespace(stack.temporal().namespace())
                            .setExecution(
                                WorkflowExecution.newBuilder()
                                    .setWorkflowId("materialize/" + shard))
                            .build())
                    .getWorkflowExecutionInfo()
                    .getStatus()
                == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
  }

  @Test
  void keysAreMadeListedAndRevokedAtTheDatabase() {
    String url = stack.settings().database().url();
    Map<String, String> database = Map.of("DUCKMESH_DATABASE_URL", url);

    Program.Result created =
        Program.run(folder, database, "keys", "create", "--roles", "query_reader", "--label", "r");
    String key = created.out().strip();
    Program.Result reading =
        Program.run(
            folder, Map.of("DUCKMESH_URL", stack.url(0), "DUCKMESH_KEY", key), "tables", "list");
    Program.Result creating =
        Program.run(
            folder,
            Map.of("DUCKMESH_URL", stack.url(0), "DUCKMESH_KEY", key),
            "tables",
            "create",
            "forbidden",
            "-c",
            "a INTEGER");
    Program.Result listed = Program.run(folder, database, "keys", "list");
    Program.Result revoked = Program.run(folder, database, "keys", "revoke", key.split("_")[1]);

    assertThat(created.exitCode()).as(created.err()).isZero();
    assertThat(reading.exitCode()).as(reading.err()).isZero();
    assertThat(creating.exitCode()).isEqualTo(1);
    assertThat(creating.err()).contains("FORBIDDEN");
    assertThat(listed.out()).contains(key.split("_")[1] + "  ").doesNotContain(key);
    assertThat(revoked.exitCode()).as(revoked.err()).isZero();
  }

  private void createTable(String name, String columns) {
    stack.post(
        0,
        "/v1/tables",
        "application/json",
        "{\"name\":\"%s\",\"columns\":[%s]}".formatted(name, columns));
  }

  private long count(String table) {
    JsonNode answer =
        stack.post(
            1,
            "/v1/query",
            "application/json",
            "{\"sql\":\"SELECT count(*) FROM %s\"}".formatted(table));
    return Long.parseLong(rows(answer).getFirst().getFirst());
  }

  private static List<List<String>> rows(JsonNode answer) {
    List<List<String>> rows = new ArrayList<>();
    for (JsonNode row : answer.path("rows")) {
      List<String> values = new ArrayList<>();
      row.forEach(value -> values.add(value.isNull() ? "NULL" : value.asString()));
      rows.add(values);
    }
    return rows;
  }

  private static List<List<String>> bare(String sql, Path sample) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          CREATE TABLE flights AS FROM read_json('%s', format = 'newline_delimited', columns = {
            flight_id: 'VARCHAR', year: 'SMALLINT', month: 'SMALLINT', day: 'SMALLINT',
            dep_time: 'INTEGER', sched_dep_time: 'INTEGER', dep_delay: 'INTEGER', arr_time: 'INTEGER',
            sched_arr_time: 'INTEGER', arr_delay: 'INTEGER', carrier: 'VARCHAR', flight: 'INTEGER',
            tailnum: 'VARCHAR', origin: 'VARCHAR', dest: 'VARCHAR', air_time: 'INTEGER',
            distance: 'INTEGER', hour: 'SMALLINT', minute: 'SMALLINT', time_hour: 'TIMESTAMPTZ'})
          """
              .formatted(sample));
      List<List<String>> rows = new ArrayList<>();
      try (ResultSet result = statement.executeQuery(sql)) {
        while (result.next()) {
          List<String> values = new ArrayList<>();
          for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
            Object value = result.getObject(column);
            values.add(value == null ? "NULL" : value.toString());
          }
          rows.add(values);
        }
      }
      return rows;
    }
  }

  private Path sample(String name) throws IOException {
    return resource(name + ".ndjson.gz");
  }

  private Path resource(String name) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in = EndToEndIT.class.getResourceAsStream("/demo/" + name)) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }
}

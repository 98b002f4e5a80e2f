package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.api.query.AsyncQueryRunner;
import io.duckmesh.api.query.Queries;
import io.duckmesh.api.query.QueryLog;
import io.duckmesh.api.query.QuerySettings;
import io.duckmesh.api.query.RunningQueries;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.catalog.AsyncQueries;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.ClaimedQuery;
import io.duckmesh.catalog.Role;
import io.duckmesh.engine.objects.cache.ObjectCache;
import io.duckmesh.engine.query.QueryEngine;
import io.duckmesh.engine.query.duckdb.DuckDbOptions;
import io.duckmesh.engine.query.duckdb.DuckDbQueries;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/**
 * Queries as things, at two gateways of one database: one runs asynchronous queries, the other
 * leaves them to it.
 */
class AsyncQueryTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String ENDLESS =
      "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = -1";

  @TempDir private static Path directory;
  private static final List<AutoCloseable> OPENED = new ArrayList<>();
  private static TestDatabase database;
  private static TestGateway runner;
  private static TestGateway other;

  @BeforeAll
  static void start() {
    database = new TestDatabase();
    QuerySettings settings =
        QuerySettings.DEFAULTS
            .withLease(Duration.ofSeconds(2))
            .withHistory(7, 200, Duration.ofMillis(1));
    runner = gateway(database, "runner", settings.withConcurrency(2, 2, 5), OPENED);
    other = gateway(database, "other", settings.withConcurrency(0, 2, 5), OPENED);
  }

  /** Starts a gateway; what was opened stands in the list in the order of closing. */
  private static TestGateway gateway(
      TestDatabase database, String name, QuerySettings settings, List<AutoCloseable> opened) {
    ObjectCache cache =
        ObjectCache.open(TestStore.shared(), directory.resolve(name + "-cache"), 1L << 30);
    opened.addFirst(cache);
    QueryEngine engine =
        DuckDbQueries.create(
            cache, DuckDbOptions.defaults(directory.resolve(name + "-spill")).withThreads(1));
    opened.addFirst(engine);
    TestGateway gateway =
        TestGateway.start(database, engine, ApiSettings.DEFAULTS, settings, BusOptions.DEFAULTS);
    opened.addFirst(gateway);
    return gateway;
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable each : OPENED) {
      each.close();
    }
  }

  private static String json(String sql, String more) {
    return "{\"sql\":\"%s\"%s}".formatted(sql, more);
  }

  private static TestGateway.Answer submit(TestGateway gateway, String sql, String more) {
    return gateway.post("/v1/queries", json(sql, more));
  }

  private static String submitted(TestGateway gateway, String sql, String more) {
    TestGateway.Answer answer = submit(gateway, sql, more);
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    return answer.json().get("query_id").asString();
  }

  private static JsonNode finished(TestGateway gateway, String id) {
    return gateway.get("/v1/queries/" + id + "?wait=finished&timeout=30s").json();
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("within " + LONG).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static String state(TestGateway gateway, String id) {
    return gateway.get("/v1/queries/" + id).json().path("state").asString("none");
  }

  @Test
  void queryOfOneGatewayIsRunByAnotherAndItsResultFetchedAnywhere() {
    TestGateway.Answer answer =
        submit(
            other,
            "SELECT i, i * ? AS twice FROM range(3) t(i)",
            ",\"params\":[2],\"format\":\"csv\"");
    String id = answer.json().get("query_id").asString();

    JsonNode query = finished(other, id);

    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.header("Location")).isEqualTo("/v1/queries/" + id);
    assertThat(query.get("state").asString()).as(query.toString()).isEqualTo("succeeded");
    assertThat(query.get("row_count").asLong()).isEqualTo(3);
    assertThat(query.get("parameter_count").asLong()).isEqualTo(1);
    assertThat(query.get("expires_at").isNull()).isFalse();
    for (TestGateway gateway : List.of(other, runner, other)) {
      TestGateway.Answer result = gateway.get("/v1/queries/" + id + "/result");
      assertThat(result.body()).isEqualTo("i,twice\r\n0,0\r\n1,2\r\n2,4\r\n");
      assertThat(result.header("Content-Type")).startsWith("text/csv");
      assertThat(result.header("X-DuckMesh-Row-Count")).isEqualTo("3");
      assertThat(result.header("X-DuckMesh-Snapshot"))
          .isEqualTo(query.get("snapshot_id").asString());
    }
  }

  @ParameterizedTest
  @CsvSource({"json, application/json", "ndjson, application/x-ndjson", "csv, text/csv"})
  void resultComesInTheFormatThatWasAskedFor(String format, String type) {
    String id = submitted(runner, "SELECT 7 AS n", ",\"format\":\"%s\"".formatted(format));
    assertThat(finished(runner, id).get("format").asString()).isEqualTo(format);

    TestGateway.Answer result = runner.get("/v1/queries/" + id + "/result");

    assertThat(result.header("Content-Type")).startsWith(type);
    assertThat(result.body()).contains("7");
    assertThat(
            runner
                .send(
                    runner
                        .request("/v1/queries/" + id + "/result")
                        .header("If-None-Match", result.header("ETag"))
                        .build())
                .status())
        .isEqualTo(304);
  }

  @Test
  void documentOfTheResultIsThatOfASynchronousAnswer() {
    String id = submitted(runner, "SELECT 7 AS n", "");
    finished(runner, id);

    JsonNode result = runner.get("/v1/queries/" + id + "/result").json();

    assertThat(result.get("query_id").asString()).isEqualTo(id);
    assertThat(result.get("rows").toString()).isEqualTo("[[7]]");
    assertThat(result.get("columns").get(0).get("name").asString()).isEqualTo("n");
  }

  @Test
  void resultLargerThanItsLimitIsCutAndSaysSo() {
    String id = submitted(runner, "SELECT * FROM range(100000)", ",\"limits\":{\"max_rows\":10}");

    JsonNode query = finished(runner, id);

    assertThat(query.get("truncated").asBoolean()).isTrue();
    assertThat(query.get("row_count").asLong()).isEqualTo(10);
  }

  @Test
  void queryThatFailsSaysWhyInItselfAndInPlaceOfItsResult() {
    String id = submitted(other, "SELECT CAST('x' AS INTEGER)", "");

    JsonNode query = finished(other, id);
    TestGateway.Answer result = runner.get("/v1/queries/" + id + "/result");

    assertThat(query.get("state").asString()).isEqualTo("failed");
    assertThat(query.get("outcome").asString()).isEqualTo("query_failed");
    assertThat(query.get("error").get("error_code").asString()).isEqualTo("QUERY_FAILED");
    assertThat(query.get("error").get("instance").asString()).isEqualTo("/v1/queries/" + id);
    assertThat(result.status()).isEqualTo(422);
    assertThat(result.json().get("detail")).isEqualTo(query.get("error").get("detail"));
  }

  @Test
  void textThatPostgresDoesNotKeepHurtsNobody() {
    for (String more : List.of("", ",\"format\":\"csv\"")) {
      for (String text : List.of("\\u0000", "\\ud800")) {
        TestGateway.Answer answer = submit(runner, "SELECT '%s' AS x".formatted(text), more);

        assertThat(answer.status()).as(answer.body()).isIn(202, 400);
        if (answer.status() == 202) {
          finished(runner, answer.json().get("query_id").asString());
        }
      }
    }
  }

  @Test
  void statementThatIsNotAllowedIsNotEvenQueued() {
    TestGateway.Answer answer = submit(runner, "DROP TABLE x", "");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.errorCode()).isEqualTo("QUERY_REJECTED");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ,"format":"xml"                     | format
          ,"format":7                         | format
          ,"colour":"red"                     | colour
          ,"limits":{"timeout_ms":999999999}  | limits.timeout_ms
          """)
  void requestThatIsNotValidIsRefusedByField(String more, String field) {
    TestGateway.Answer answer = submit(runner, "SELECT 1", more);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("context").get("problems").get(0).get("field").asString())
        .isEqualTo(field);
  }

  @Test
  void submittingTheSameUnderTheSameIdIsOneQuery() {
    String id = UUID.randomUUID().toString();
    Map<String, String> header =
        Map.of("X-DuckMesh-Query", id, "Authorization", "Bearer " + runner.key());

    TestGateway.Answer first = runner.post("/v1/queries", json("SELECT 1", ""), header);
    finished(runner, id);
    TestGateway.Answer again = other.post("/v1/queries", json("SELECT 1", ""), header);
    TestGateway.Answer changed = other.post("/v1/queries", json("SELECT 2", ""), header);
    TestGateway.Answer otherKey =
        other.post("/v1/queries", json("SELECT 1", ""), Map.of("X-DuckMesh-Query", id));

    assertThat(first.json().get("query_id").asString()).isEqualTo(id);
    assertThat(again.status()).isEqualTo(202);
    assertThat(again.json().get("state").asString()).isEqualTo("succeeded");
    assertThat(changed.status()).isEqualTo(409);
    assertThat(changed.errorCode()).isEqualTo("IDEMPOTENCY_CONFLICT");
    assertThat(otherKey.errorCode()).isEqualTo("IDEMPOTENCY_CONFLICT");
    assertThat(
            runner
                .post("/v1/queries", json("SELECT 1", ""), Map.of("X-DuckMesh-Query", "mine"))
                .status())
        .isEqualTo(400);
  }

  @Test
  void runningQueryIsCancelledAtTheOtherGateway() {
    String id = submitted(other, ENDLESS, "");
    await(() -> state(other, id).equals("running"));
    assertThat(other.get("/v1/queries/" + id + "/result").errorCode())
        .isEqualTo("RESULT_NOT_READY");

    TestGateway.Answer cancelled = other.delete("/v1/queries/" + id);
    JsonNode query = finished(other, id);

    assertThat(cancelled.status()).isEqualTo(202);
    assertThat(cancelled.json().get("cancel_requested").asBoolean()).isTrue();
    assertThat(query.get("state").asString()).isEqualTo("cancelled");
    assertThat(query.get("outcome").asString()).isEqualTo("query_cancelled");
    assertThat(other.get("/v1/queries/" + id + "/result").errorCode()).isEqualTo("QUERY_CANCELLED");
    assertThat(other.delete("/v1/queries/" + id).status()).isEqualTo(200);
  }

  @Test
  void queriesBeyondTheShareWaitAndBeyondTheQueueAreRefused() {
    List<String> ids = new ArrayList<>();
    try {
      for (int i = 0; i < 2; i++) {
        ids.add(submitted(runner, ENDLESS, ""));
      }
      await(() -> ids.stream().allMatch(id -> state(runner, id).equals("running")));
      for (int i = 0; i < 5; i++) {
        ids.add(submitted(runner, ENDLESS, ""));
      }

      TestGateway.Answer refused = submit(other, ENDLESS, "");

      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.errorCode()).isEqualTo("RATE_LIMITED");
      assertThat(refused.header("Retry-After")).isEqualTo("5");
      assertThat(state(runner, ids.getLast())).isEqualTo("queued");
      assertThat(runner.post("/v1/query", json("SELECT 1", "")).status()).isEqualTo(200);
      TestGateway.Answer cancelled = other.delete("/v1/queries/" + ids.getLast());
      assertThat(cancelled.status()).isEqualTo(200);
      assertThat(cancelled.json().get("state").asString()).isEqualTo("cancelled");
    } finally {
      ids.reversed().forEach(id -> other.delete("/v1/queries/" + id));
      ids.forEach(id -> finished(runner, id));
    }
  }

  @Test
  void synchronousQueryIsCancelledByItsIdHereAndAtTheOtherGateway() throws Exception {
    for (TestGateway canceller : List.of(runner, other)) {
      String id = UUID.randomUUID().toString();
      try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
        Future<TestGateway.Answer> answer =
            executor.submit(
                () -> runner.post("/v1/query", json(ENDLESS, ""), Map.of("X-DuckMesh-Query", id)));
        await(() -> state(runner, id).equals("running"));
        assertThat(runner.get("/v1/queries?state=running").body()).contains(id);

        TestGateway.Answer cancelled = canceller.delete("/v1/queries/" + id);

        assertThat(cancelled.status()).isEqualTo(202);
        assertThat(answer.get(30, TimeUnit.SECONDS).errorCode()).isEqualTo("QUERY_CANCELLED");
      }
    }
  }

  @Test
  void idOfARunningQueryIsTaken() throws Exception {
    String id = UUID.randomUUID().toString();
    Map<String, String> header = Map.of("X-DuckMesh-Query", id);
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      Future<TestGateway.Answer> answer =
          executor.submit(() -> runner.post("/v1/query", json(ENDLESS, ""), header));
      await(() -> state(runner, id).equals("running"));

      assertThat(runner.post("/v1/query", json("SELECT 1", ""), header).errorCode())
          .isEqualTo("IDEMPOTENCY_CONFLICT");

      runner.delete("/v1/queries/" + id);
      answer.get();
    }
    assertThat(runner.post("/v1/query", json("SELECT 1", ""), header).status()).isEqualTo(200);
  }

  @Test
  void unknownQueriesAreNotFound() {
    for (String id : List.of(UUID.randomUUID().toString(), "mine", "1-1-1-1-1")) {
      assertThat(other.get("/v1/queries/" + id).errorCode()).isEqualTo("QUERY_NOT_FOUND");
      assertThat(other.delete("/v1/queries/" + id).errorCode()).isEqualTo("QUERY_NOT_FOUND");
      assertThat(other.get("/v1/queries/" + id + "/result").errorCode())
          .isEqualTo("QUERY_NOT_FOUND");
    }
  }

  @Test
  void queryWhoseGatewayHasGoneFailsAndSaysThatARepeatHelps() {
    String id = UUID.randomUUID().toString();
    // Taken between being queued and being run, by a gateway that is never heard of again.
    ClaimedQuery claimed = null;
    while (claimed == null) {
      String next = UUID.randomUUID().toString();
      other.post("/v1/queries", json(ENDLESS, ""), Map.of("X-DuckMesh-Query", next));
      for (ClaimedQuery each :
          other.catalog().asyncQueries().claim("gone", 1, 10, Duration.ofMillis(1))) {
        claimed = each;
        id = each.query().id().toString();
      }
      if (claimed == null) {
        other.delete("/v1/queries/" + next);
      }
    }

    JsonNode query = finished(other, id);

    assertThat(query.get("state").asString()).isEqualTo("failed");
    assertThat(query.get("error").get("error_code").asString()).isEqualTo("UNAVAILABLE");
    assertThat(query.get("error").get("retryable").asBoolean()).isTrue();
    assertThat(query.get("error").get("context").get("reason").asString())
        .isEqualTo("gateway_lost");

    TestGateway.Answer result = other.get("/v1/queries/" + id + "/result");
    assertThat(result.status()).isEqualTo(410);
    assertThat(result.json().get("error_code").asString()).isEqualTo("NO_RESULT");
    assertThat(result.json().get("retryable").asBoolean()).isFalse();
    assertThat(result.json().get("context").get("reason").asString()).isEqualTo("gateway_lost");
    assertThat(result.json().get("detail").asString()).contains("under another id");
  }

  @Test
  void gatewayThatIsStoppedLetsItsQueriesWaitForAnotherOne() throws Exception {
    TestDatabase own = new TestDatabase();
    QuerySettings settings = QuerySettings.DEFAULTS.withLease(Duration.ofMinutes(10));
    List<AutoCloseable> stopped = new ArrayList<>();
    List<AutoCloseable> opened = new ArrayList<>();
    try {
      TestGateway left = gateway(own, "left", settings.withConcurrency(0, 2, 5), opened);
      TestGateway leaving = gateway(own, "leaving", settings.withConcurrency(1, 2, 5), stopped);
      String id = submitted(left, ENDLESS, "");
      await(() -> state(left, id).equals("running"));

      leaving.close();
      stopped.remove(leaving);

      JsonNode query = left.get("/v1/queries/" + id).json();
      assertThat(query.get("state").asString()).isEqualTo("queued");
      assertThat(query.get("started_at").isNull()).isTrue();
    } finally {
      stopped.addAll(opened);
      for (AutoCloseable each : stopped) {
        each.close();
      }
    }
  }

  @Test
  void queryThatIsClaimedWhileItsGatewayStopsWaitsForAnotherOne() throws Exception {
    TestDatabase own = new TestDatabase();
    QuerySettings settings = QuerySettings.DEFAULTS.withLease(Duration.ofMinutes(10));
    List<AutoCloseable> opened = new ArrayList<>();
    try {
      TestGateway left = gateway(own, "bystander", settings.withConcurrency(0, 2, 5), opened);
      CountDownLatch claimed = new CountDownLatch(1);
      AsyncQueries claims =
          wrapped(
              AsyncQueries.class,
              left.catalog().asyncQueries(),
              "claim",
              answer -> {
                if (!((List<?>) answer).isEmpty()) {
                  claimed.countDown();
                  // What is claimed comes back when close() has begun, which interrupts.
                  await(() -> Thread.currentThread().isInterrupted());
                }
                return answer;
              });
      Catalog catalog = wrapped(Catalog.class, left.catalog(), "asyncQueries", answer -> claims);
      AsyncQueryRunner leaving =
          new AsyncQueryRunner(
              catalog,
              left.context().getBean(Queries.class),
              TestStore.shared(),
              left.context().getBean(RunningQueries.class),
              left.context().getBean(QueryLog.class),
              Clock.systemUTC(),
              ApiSettings.DEFAULTS,
              settings.withConcurrency(1, 2, 5));
      leaving.start();
      String id = submitted(left, "SELECT 1", "");
      assertThat(claimed.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();

      leaving.close();

      assertThat(state(left, id)).isEqualTo("queued");
    } finally {
      for (AutoCloseable each : opened) {
        each.close();
      }
    }
  }

  /** The same, with what one method answers passed through the function. */
  private static <T> T wrapped(
      Class<T> type, T inner, String method, UnaryOperator<Object> function) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, called, arguments) -> {
              try {
                Object answer = called.invoke(inner, arguments);
                return called.getName().equals(method) ? function.apply(answer) : answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  @Test
  void keyWithoutOpsSeesOnlyItsOwn() {
    String reader = runner.newKey(TestDatabase.TENANT, Set.of(Role.QUERY_READER));
    String ops = runner.newKey(TestDatabase.TENANT, Set.of(Role.OPS_ADMIN));
    String id = submitted(runner, "SELECT 1 AS mine", "");
    finished(runner, id);

    assertThat(as(reader, "GET", "/v1/queries/" + id).status()).isEqualTo(404);
    assertThat(as(reader, "DELETE", "/v1/queries/" + id).status()).isEqualTo(404);
    assertThat(as(reader, "GET", "/v1/queries/" + id + "/result").status()).isEqualTo(404);
    assertThat(as(reader, "GET", "/v1/queries").json().get("queries")).isEmpty();
    assertThat(as(reader, "GET", "/v1/queries?key_id=another").errorCode()).isEqualTo("FORBIDDEN");
    assertThat(as(ops, "GET", "/v1/queries/" + id).status()).isEqualTo(200);
    assertThat(as(ops, "GET", "/v1/queries").body()).contains(id);
    assertThat(as(ops, "GET", "/v1/queries/" + id + "/result").errorCode()).isEqualTo("FORBIDDEN");
    assertThat(as(ops, "POST", "/v1/queries").errorCode()).isEqualTo("FORBIDDEN");
  }

  private static TestGateway.Answer as(String key, String method, String path) {
    return runner.send(
        runner
            .request(path)
            .setHeader("Authorization", "Bearer " + key)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build());
  }

  @Test
  void historyHasEveryQueryWithoutTheValuesOfItsParameters() {
    String word = "w" + UUID.randomUUID().toString().replace("-", "");
    String sql = "SELECT ? AS %s".formatted(word);
    TestGateway.Answer ran = runner.post("/v1/query", json(sql, ",\"params\":[\"secret\"]"));
    String failed =
        runner.post("/v1/query", json("SELECT %s".formatted(word), "")).header("X-DuckMesh-Query");
    String id = ran.json().get("query_id").asString();

    await(() -> state(other, id).equals("succeeded") && state(other, failed).equals("failed"));

    JsonNode query = other.get("/v1/queries/" + id).json();
    assertThat(query.get("mode").asString()).isEqualTo("sync");
    assertThat(query.get("sql").asString()).isEqualTo(sql);
    assertThat(query.get("parameter_count").asInt()).isEqualTo(1);
    assertThat(query.get("outcome").asString()).isEqualTo("ok");
    assertThat(query.get("row_count").asInt()).isEqualTo(1);
    assertThat(query.get("key_label").asString()).isEqualTo("test");
    assertThat(query.get("phases").get("run_ms").asDouble()).isPositive();
    assertThat(query.toString()).doesNotContain("secret");
    assertThat(other.get("/v1/queries/" + failed).json().get("outcome").asString())
        .isEqualTo("query_rejected");
    assertThat(other.get("/v1/queries?outcome=query_rejected").body())
        .contains(failed)
        .doesNotContain(id);
  }

  @Test
  void longStatementIsKeptInPartOnly() {
    String sql = "SELECT '%s' AS x".formatted("é".repeat(300));
    String id = runner.post("/v1/query", json(sql, "")).json().get("query_id").asString();

    await(() -> state(runner, id).equals("succeeded"));

    JsonNode query = runner.get("/v1/queries/" + id).json();
    assertThat(query.get("sql").asString()).isEqualTo(sql.substring(0, 200));
    assertThat(query.get("sql_length").asInt()).isEqualTo(sql.length());
  }

  @Test
  void listComesInPagesTheLastFirst() {
    String reader = runner.newKey(TestDatabase.TENANT, Set.of(Role.QUERY_READER));
    List<String> asked = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      asked.addFirst(
          runner
              .send(
                  runner
                      .request("/v1/query")
                      .setHeader("Authorization", "Bearer " + reader)
                      .header("Content-Type", "application/json")
                      .POST(HttpRequest.BodyPublishers.ofString(json("SELECT " + i, "")))
                      .build())
              .header("X-DuckMesh-Query"));
    }
    await(() -> as(reader, "GET", "/v1/queries").json().get("queries").size() == 5);

    List<String> read = new ArrayList<>();
    String path = "/v1/queries?limit=2";
    JsonNode page = as(reader, "GET", path).json();
    while (true) {
      page.get("queries").forEach(query -> read.add(query.get("query_id").asString()));
      if (page.get("before").isNull()) {
        break;
      }
      page = as(reader, "GET", path + "&before=" + page.get("before").asString()).json();
    }

    assertThat(read).isEqualTo(asked);
  }

  @ParameterizedTest
  @CsvSource({
    "limit=0",
    "limit=1001",
    "state=expired",
    "state=lost",
    "slower_than=5",
    "since=yesterday",
    "before=x",
    "before=eA",
    "outcome=a%00",
    "key_id=%20"
  })
  void parameterThatIsNotValidIsRefused(String parameter) {
    assertThat(runner.get("/v1/queries?" + parameter).errorCode()).isEqualTo("INVALID_REQUEST");
  }

  @Test
  void metricsSayWhereTheTimeWent() {
    runner.post("/v1/query", json("SELECT 1", ""));

    String metrics = runner.get("/metrics").body();

    assertThat(metrics)
        .contains("duckmesh_query_seconds_count{mode=\"sync\",outcome=\"ok\"}")
        .contains("duckmesh_query_phase_seconds_count{phase=\"run\"}")
        .contains("duckmesh_query_files_total{source=\"cached\"}")
        .contains("duckmesh_query_running{mode=\"async\"}")
        .contains("duckmesh_query_history_dropped_total 0.0");
  }
}

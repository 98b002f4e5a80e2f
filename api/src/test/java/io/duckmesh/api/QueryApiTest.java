package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.api.receipt.Positions;
import io.duckmesh.api.receipt.VisibilityTokens;
import io.duckmesh.catalog.Installation;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TenantId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class QueryApiTest extends GatewayTestBase {
  private static TestGateway.Answer query(String json) {
    return gateway().post("/v1/query", json);
  }

  private static JsonNode send(String table, String rows) {
    return gateway().post(events(table) + "?wait=visible", rows).json();
  }

  @Test
  void answerHasSnapshotColumnsAndCounts() {
    String table = newTable();
    JsonNode sent = send(table, "[{\"id\":1},{\"id\":2}]");

    TestGateway.Answer answer = query("{\"sql\":\"SELECT count(*) FROM %s\"}".formatted(table));

    assertThat(answer.status()).isEqualTo(200);
    JsonNode json = answer.json();
    assertThat(json.get("snapshot_id").asLong())
        .isGreaterThanOrEqualTo(sent.get("snapshot_id").asLong());
    assertThat(answer.header("X-DuckMesh-Snapshot")).isEqualTo(json.get("snapshot_id").asString());
    assertThat(answer.header("X-DuckMesh-Query")).isEqualTo(json.get("query_id").asString());
    assertThat(json.get("columns").toString())
        .isEqualTo("[{\"name\":\"count\",\"type\":\"BIGINT\"}]");
    assertThat(json.get("rows").toString()).isEqualTo("[[2]]");
    assertThat(json.get("row_count").asInt()).isEqualTo(1);
    assertThat(json.get("truncated").asBoolean()).isFalse();
    assertThat(json.get("stats").has("elapsed_ms")).isTrue();
  }

  @Test
  void everyClientSeesItsOwnWriteAcrossGatewaysTablesAndShards() throws Exception {
    List<String> tables = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      tables.add(newTable(i % 3 + 1, i % 2 == 0));
    }
    try (TestGateway other =
            TestGateway.start(database(), new ScriptedEngine(), ApiSettings.DEFAULTS);
        ExecutorService executor = Executors.newFixedThreadPool(8)) {
      List<Callable<Long>> clients = new ArrayList<>();
      for (int client = 0; client < 8; client++) {
        int number = client;
        clients.add(() -> writeAndRead(number, tables, List.of(gateway(), other)));
      }

      long seen = 0;
      for (Future<Long> client : executor.invokeAll(clients)) {
        seen += client.get();
      }

      assertThat(seen).isEqualTo(8 * 15);
    }
  }

  /**
   * Writes through one gateway, reads through the other, and counts how often the write is seen.
   */
  private static long writeAndRead(int client, List<String> tables, List<TestGateway> gateways) {
    long seen = 0;
    String table = tables.get(client % tables.size());
    long before = 0;
    for (int i = 0; i < 15; i++) {
      JsonNode sent =
          gateways
              .get(i % 2)
              .post(events(table), "{\"id\":%d}".formatted(client * 1_000 + i))
              .json();
      long count = count(gateways.get((i + 1) % 2), table, sent.get("token").asString());
      if (count > before) {
        seen++;
      }
      before = count;
    }
    return seen;
  }

  @Test
  void severalTokensAreAllWaitedFor() {
    String first = newTable();
    String second = newTable(3, true);
    String tokenOfFirst =
        gateway().post(events(first), "{\"id\":1}").json().get("token").asString();
    String tokenOfSecond =
        gateway().post(events(second), "[{\"id\":1},{\"id\":2}]").json().get("token").asString();

    TestGateway.Answer answer =
        query(
            """
            {"sql": "SELECT count(*) FROM %s JOIN %s", "min_visibility_token": ["%s", "%s"]}
            """
                .formatted(first, second, tokenOfFirst, tokenOfSecond));

    assertThat(answer.json().get("rows").toString()).isEqualTo("[[3]]");
  }

  @Test
  void barrierThatDoesNotOpenSaysHowFarEachShardIs() {
    String table = newTable();
    try (TestLander.Hold held = lander().hold()) {
      String token = gateway().post(events(table), "{\"id\":1}").json().get("token").asString();

      TestGateway.Answer answer =
          query(
              """
              {"sql": "SELECT count(*) FROM %s", "min_visibility_token": "%s", "wait_timeout_ms": 20}
              """
                  .formatted(table, token));

      assertThat(answer.status()).isEqualTo(504);
      assertThat(answer.errorCode()).isEqualTo("CONSISTENCY_TIMEOUT");
      assertThat(answer.json().get("retryable").asBoolean()).isTrue();
      JsonNode shard = answer.json().get("context").get("shards").iterator().next();
      assertThat(shard.get("current").asLong()).isLessThan(shard.get("needed").asLong());
    }
  }

  @Test
  void snapshotKeepsItsAnswer() {
    String table = newTable();
    long first = send(table, "{\"id\":1}").get("snapshot_id").asLong();
    send(table, "{\"id\":2}");

    TestGateway.Answer old =
        query("{\"sql\":\"SELECT count(*) FROM %s\",\"snapshot_id\":%d}".formatted(table, first));
    TestGateway.Answer inSql =
        query("{\"sql\":\"SELECT count(*) FROM %s AT (VERSION => %d)\"}".formatted(table, first));
    String committedAt =
        gateway().get("/v1/snapshots/" + first).json().get("committed_at").asString();
    TestGateway.Answer asOf =
        query(
            "{\"sql\":\"SELECT count(*) FROM %s\",\"as_of\":\"%s\"}".formatted(table, committedAt));

    assertThat(old.json().get("rows").toString()).isEqualTo("[[1]]");
    assertThat(old.json().get("snapshot_id").asLong()).isEqualTo(first);
    assertThat(inSql.json().get("rows").toString()).isEqualTo("[[1]]");
    assertThat(asOf.json().get("rows").toString()).isEqualTo("[[1]]");
    assertThat(asOf.json().get("snapshot_id").asLong()).isEqualTo(first);
  }

  @Test
  void snapshotThatNeverWasIsNotFound() {
    String table = newTable();

    TestGateway.Answer later =
        query("{\"sql\":\"SELECT count(*) FROM %s\",\"snapshot_id\":999999999}".formatted(table));
    TestGateway.Answer inSql =
        query("{\"sql\":\"SELECT count(*) FROM %s AT (VERSION => 999999999)\"}".formatted(table));
    TestGateway.Answer before =
        query(
            "{\"sql\":\"SELECT count(*) FROM %s\",\"as_of\":\"2001-01-01T00:00:00Z\"}"
                .formatted(table));

    assertThat(later.status()).isEqualTo(404);
    assertThat(later.errorCode()).isEqualTo("SNAPSHOT_NOT_FOUND");
    assertThat(inSql.errorCode()).isEqualTo("SNAPSHOT_NOT_FOUND");
    assertThat(before.errorCode()).isEqualTo("SNAPSHOT_NOT_FOUND");
    assertThat(gateway().get("/v1/snapshots/999999999").errorCode())
        .isEqualTo("SNAPSHOT_NOT_FOUND");
  }

  @Test
  void tokenIsNotServedByAnOlderSnapshot() {
    String table = newTable();
    long first = send(table, "{\"id\":1}").get("snapshot_id").asLong();
    String token = send(table, "{\"id\":2}").get("token").asString();

    TestGateway.Answer answer =
        query(
            """
            {"sql": "SELECT count(*) FROM %s", "snapshot_id": %d, "min_visibility_token": "%s"}
            """
                .formatted(table, first, token));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("context").get("needed_snapshot_id").asLong())
        .isGreaterThan(first);
  }

  @Test
  void unknownTableIsNotFoundAndASimilarNameIsProposed() {
    String table = newTable();

    TestGateway.Answer near = query("{\"sql\":\"SELECT count(*) FROM %sx\"}".formatted(table));
    TestGateway.Answer far = query("{\"sql\":\"SELECT count(*) FROM zebras\"}");

    assertThat(near.status()).isEqualTo(404);
    assertThat(near.errorCode()).isEqualTo("TABLE_NOT_FOUND");
    assertThat(near.json().get("context").get("suggestion").asString()).startsWith("table_");
    assertThat(far.json().get("context").has("suggestion")).isFalse();
  }

  @Test
  void caseOfATableNameDoesNotMatter() {
    String table = newTable();
    send(table, "{\"id\":1}");

    TestGateway.Answer answer =
        query("{\"sql\":\"SELECT count(*) FROM %s\"}".formatted(table.replace("table", "TABLE")));

    assertThat(answer.json().get("rows").toString()).isEqualTo("[[1]]");
  }

  @Test
  void tokensOfOthersAreRefused() {
    String table = newTable();
    String token = gateway().post(events(table), "{\"id\":1}").json().get("token").asString();
    String elsewhere =
        new VisibilityTokens(new Installation(UUID.randomUUID(), new byte[32]))
            .encode(TestDatabase.TENANT, Positions.of(Map.of(new ShardId("default-0"), 1L)));
    String otherTenant =
        new VisibilityTokens(gateway().catalog().installation())
            .encode(new TenantId("other"), Positions.of(Map.of(new ShardId("other-0"), 1L)));
    char last = token.charAt(token.length() - 1);
    String changed = token.substring(0, token.length() - 1) + (last == 'A' ? 'Q' : 'A');

    assertThat(withToken(table, elsewhere).errorCode()).isEqualTo("TOKEN_SCOPE_MISMATCH");
    assertThat(withToken(table, otherTenant).errorCode()).isEqualTo("TOKEN_SCOPE_MISMATCH");
    assertThat(withToken(table, changed).errorCode()).isEqualTo("VISIBILITY_TOKEN_INVALID");
    assertThat(withToken(table, "nonsense").errorCode()).isEqualTo("VISIBILITY_TOKEN_INVALID");
    assertThat(withToken(table, token).status()).isEqualTo(200);
  }

  private static TestGateway.Answer withToken(String table, String token) {
    return query(
        "{\"sql\":\"SELECT count(*) FROM %s\",\"min_visibility_token\":\"%s\"}"
            .formatted(table, token));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          application/x-ndjson                | application/x-ndjson
          text/csv                            | text/csv;header=present;charset=UTF-8
          application/vnd.apache.arrow.stream | application/vnd.apache.arrow.stream
          text/html;q=0.9, text/*;q=0.8       | text/csv;header=present;charset=UTF-8
          */*                                 | application/json
          """)
  void formatFollowsAccept(String accept, String type) {
    String table = newTable();

    TestGateway.Answer answer =
        gateway()
            .post(
                "/v1/query",
                "{\"sql\":\"SELECT count(*) FROM %s\"}".formatted(table),
                Map.of("Accept", accept));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo(type);
    assertThat(answer.header("X-DuckMesh-Snapshot")).isNotEmpty();
  }

  @Test
  void formatThatDoesNotExistIsNotAcceptable() {
    TestGateway.Answer answer =
        gateway().post("/v1/query", "{\"sql\":\"SELECT 1\"}", Map.of("Accept", "image/png"));

    assertThat(answer.status()).isEqualTo(406);
    assertThat(answer.errorCode()).isEqualTo("NOT_ACCEPTABLE");
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
  }

  @Test
  void plainFormatsEndWithTrailers() throws IOException {
    String body = "{\"sql\":\"SELECT count(*) FROM %s\"}".formatted(newTable());
    String answer = raw(body, "application/x-ndjson");

    assertThat(answer).contains("\r\n0\r\n").containsIgnoringCase("x-duckmesh-row-count: 1");
    assertThat(answer).containsIgnoringCase("x-duckmesh-truncated: false");
  }

  /** Sends a query over a bare socket and reads until the server closes. */
  private static String raw(String body, String accept) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway().port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(rawRequest(body, accept).getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String rawRequest(String body, String accept) {
    return """
        POST /v1/query HTTP/1.1\r
        Host: localhost\r
        Authorization: Bearer %s\r
        Content-Type: application/json\r
        Accept: %s\r
        TE: trailers\r
        Connection: close\r
        Content-Length: %d\r
        \r
        %s"""
        .formatted(gateway().key(), accept, body.length(), body);
  }

  @Test
  void failureBeforeTheFirstRowIsAProblem() {
    TestGateway.Answer answer =
        query("{\"sql\":\"SELECT fails_at_once FROM %s\"}".formatted(newTable()));

    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.errorCode()).isEqualTo("QUERY_FAILED");
  }

  @Test
  void failureAmidTheRowsBreaksTheConnection() throws IOException {
    String body = "{\"sql\":\"SELECT fails_midway FROM %s\"}".formatted(newTable());

    assertThatThrownBy(() -> query(body)).isInstanceOf(UncheckedIOException.class);
    for (String accept : List.of("application/json", "application/x-ndjson")) {
      String answer;
      try {
        answer = raw(body, accept);
      } catch (IOException e) {
        continue;
      }
      assertThat(answer).startsWith("HTTP/1.1 200").doesNotEndWith("0\r\n\r\n");
    }
  }

  @Test
  void clientThatGoesCancelsItsQuery() throws Exception {
    ScriptedEngine engine = new ScriptedEngine();
    try (TestGateway gateway = TestGateway.start(database(), engine, ApiSettings.DEFAULTS)) {
      String body = "{\"sql\":\"SELECT never_ends\"}";
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
        socket
            .getOutputStream()
            .write(
                rawRequest(body, "application/json")
                    .replace(gateway().key(), gateway.key())
                    .getBytes(StandardCharsets.UTF_8));
        assertThat(engine.cancelled.await(1, TimeUnit.SECONDS)).isFalse();
      }

      assertThat(engine.cancelled.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                                     | sql
          {"sql": "SELECT 1", "colour": "red"}                   | colour
          {"sql": "SELECT 1", "snapshot_id": "7"}                | snapshot_id
          {"sql": "SELECT 1", "snapshot_id": 1, "as_of": "2026-01-01T00:00:00Z"} | as_of
          {"sql": "SELECT 1", "as_of": "yesterday"}              | as_of
          {"sql": "SELECT 1", "as_of": "+10000-01-01T00:00:00Z"} | as_of
          {"sql": "SELECT 1", "as_of": "+999999999-12-31T00:00:00Z"} | as_of
          {"sql": "SELECT 1", "as_of": "0000-12-31T23:59:59Z"}   | as_of
          {"sql": "SELECT 1", "as_of": "-5000-01-01T00:00:00Z"}  | as_of
          {"sql": "SELECT 1", "as_of": "0001-01-01T00:00:00+01:00"} | as_of
          {"sql": "SELECT 1", "params": [{}]}                    | params[0]
          {"sql": "SELECT 1", "params": 7}                       | params
          {"sql": "SELECT 1", "params": [[1, "x"]]}              | params[0]
          {"sql": "SELECT 1", "params": [1e400]}                 | params[0]
          {"sql": "SELECT 1", "params": [{"type": "DATE", "value": "2026-02-30"}]} | params[0]
          {"sql": "SELECT 1", "params": {"d": {"type": "DAT", "value": 1}}} | params.d.type
          {"sql": "SELECT 1", "params": {"l": {"type": "INTEGER[]", "value": [1, "x"]}}} | params.l[1]
          {"sql": "SELECT 1", "limits": {"max_rows": 0}}         | limits.max_rows
          {"sql": "SELECT 1", "wait_timeout_ms": 9999999}        | wait_timeout_ms
          """)
  void requestThatIsNotValidIsRefusedByField(String body, String field) {
    TestGateway.Answer answer = query(body);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("context").get("problems").get(0).get("field").asString())
        .isEqualTo(field);
  }

  @Test
  void statementThatIsNotAllowedIsRejected() {
    TestGateway.Answer answer = query("{\"sql\":\"DROP TABLE x\"}");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.errorCode()).isEqualTo("QUERY_REJECTED");
  }

  @Test
  void snapshotsAreListedNewestFirstInPages() {
    newTable();
    newTable();

    JsonNode first = gateway().get("/v1/snapshots?limit=2").json();
    JsonNode second =
        gateway().get("/v1/snapshots?limit=2&before=" + first.get("before").asLong()).json();

    assertThat(first.get("snapshots")).hasSize(2);
    assertThat(second.get("snapshots").get(0).get("snapshot_id").asLong())
        .isLessThan(first.get("snapshots").get(1).get("snapshot_id").asLong());
    assertThat(gateway().get("/v1/snapshots?limit=zero").status()).isEqualTo(400);
  }
}

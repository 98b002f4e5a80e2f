package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.objects.cache.ObjectCache;
import io.duckmesh.engine.query.QueryEngine;
import io.duckmesh.engine.query.duckdb.DuckDbOptions;
import io.duckmesh.engine.query.duckdb.DuckDbQueries;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Queries with the real engine, from the request to the rows. */
class DuckDbQueryTest extends GatewayTestBase {
  @TempDir private static Path directory;
  private static ObjectCache cache;
  private static QueryEngine engine;
  private static TestGateway real;
  private static String table;

  @BeforeAll
  static void start() {
    cache = ObjectCache.open(store(), directory.resolve("cache"), 1L << 30);
    engine = DuckDbQueries.create(cache, DuckDbOptions.defaults(directory.resolve("spill")));
    real = TestGateway.start(database(), engine, ApiSettings.DEFAULTS);
    table = newTable();
    String rows =
        IntStream.range(0, 2_000)
            .mapToObj(
                i -> "{\"id\":%d,\"amount\":\"%d.25\",\"note\":\"n%d\"}".formatted(i, i, i % 7))
            .collect(Collectors.joining("\n"));
    TestGateway.Answer sent = real.post(events(table) + "?wait=visible&timeout=10s", rows, NDJSON);
    assertThat(sent.json().get("state").asString()).isEqualTo("visible");
  }

  @AfterAll
  static void stop() {
    real.close();
    engine.close();
    cache.close();
  }

  private static TestGateway.Answer query(String sql, String more) {
    return real.post("/v1/query", "{\"sql\":\"%s\"%s}".formatted(sql.formatted(table), more));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"sql\":\"select $1 v\",\"params\":[{\"\":1}]} | name is empty",
        "{\"sql\":\"select $1 v\",\"params\":[{\"a\":{\"x\\u0000\":1}}]} | name is empty",
        "{\"sql\":\"select $1 v\",\"params\":[{\"a\":1,\"A\":1}]} | two fields named A",
        "{\"sql\":\"select $1 v\",\"params\":[{\"type\":\"STRUCT(\\\"\\\" BIGINT)\",\"value\":{}}]} | not empty",
        "{\"sql\":\"select 1\",\"params\":[1e999999999999999999999999999999]} | number",
        "{\"sql\":\"select \\ud800\"} | sql has half of a surrogate pair",
        "{\"sql\":\"select $1\",\"params\":[\"\\udc00\\ud800\"]} | params[0] has half",
        "{\"sql\":\"select $a\",\"params\":{\"a\":[{\"b\":\"\\ud800\"}]}} | params.a[0].b has half",
        "{\"sql\":\"select 1\"} {} | JSON"
      })
  void whatNoStatementCanHaveIsRefusedWithWhatIsWrong(String body, String problem) {
    TestGateway.Answer answer = real.post("/v1/query", body);

    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.json().get("detail").asString()).contains(problem);
  }

  @Test
  void negativeZeroKeepsItsSign() {
    TestGateway.Answer answer =
        query(
            "SELECT $1::VARCHAR, $2::VARCHAR, $3::VARCHAR, '\\ud83e\\udd86'",
            ",\"params\":[{\"type\":\"DOUBLE\",\"value\":-0.0},{\"type\":\"DOUBLE[]\",\"value\":[-0.0,-1.5,0.0]},"
                + "{\"type\":\"REAL\",\"value\":-0.0}]");

    assertThat(answer.json().get("rows").toString())
        .isEqualTo("[[\"-0.0\",\"[-0.0, -1.5, 0.0]\",\"-0.0\",\"🦆\"]]");
  }

  @Test
  void unknownParametersOfTheAddressAreRefused() {
    assertThat(real.post("/v1/query?format=csv", "{\"sql\":\"SELECT 1\"}").status()).isEqualTo(400);
    assertThat(real.get("/v1/queries?outcome=nonsense").status()).isEqualTo(400);
    assertThat(real.get("/v1/queries?outcome=QUERY_REJECTED").status()).isEqualTo(400);
    assertThat(real.get("/v1/queries?outcomes=ok").status()).isEqualTo(400);
    assertThat(real.get("/v1/queries?outcome=query_rejected").status()).isEqualTo(200);
  }

  @Test
  void anyAnswerFitsAStar() {
    TestGateway.Answer answer =
        real.post("/v1/query", "{\"sql\":\"SELECT 1\"}", Map.of("If-None-Match", "*"));

    assertThat(answer.status()).isEqualTo(304);
  }

  @Test
  void rowsComeBackAsTheyWereSent() {
    TestGateway.Answer answer =
        query(
            "SELECT id, amount, note FROM %s WHERE id >= ? AND note = ? ORDER BY id LIMIT 2",
            ",\"params\":[100,\"n3\"]");

    assertThat(answer.body().replace("\n", ""))
        .contains("\"rows\":[[101,101.25,\"n3\"],[108,108.25,\"n3\"]]");
    assertThat(answer.json().get("columns").toString())
        .isEqualTo(
            "[{\"name\":\"id\",\"type\":\"BIGINT\"},{\"name\":\"amount\",\"type\":\"DECIMAL(9,2)\"},"
                + "{\"name\":\"note\",\"type\":\"VARCHAR\"}]");
  }

  @Test
  void namedAndTypedParametersAreBound() {
    TestGateway.Answer answer =
        query(
            "SELECT id, $d AS d, $p AS p, $big AS big FROM %s"
                + " WHERE note = $note AND list_contains($ids, id) AND amount = $amount",
            """
            ,"params":{"note":"n3","ids":[3,10,17],"amount":{"type":"DECIMAL(9,2)","value":"10.25"},
             "d":{"type":"DATE","value":"2026-01-31"},"big":9223372036854775807,
             "p":{"type":"STRUCT(x DECIMAL(20,10), at TIMESTAMPTZ)","value":{"x":1.0123456789,"at":"2026-01-31T00:00:00+01:00"}}}
            """);

    assertThat(answer.body())
        .contains(
            "[[10,\"2026-01-31\",{\"x\":1.0123456789,\"at\":\"2026-01-30T23:00:00Z\"},9223372036854775807]]");
  }

  @Test
  void valueThatDoesNotFitIsNamedWithItsRule() {
    TestGateway.Answer answer =
        query("SELECT $n", ",\"params\":{\"n\":{\"type\":\"SMALLINT\",\"value\":40000}}");

    assertThat(answer.errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(answer.json().get("detail").asString())
        .startsWith("params.n is 40000: SMALLINT is a whole number from -32768 to 32767");
    assertThat(query("SELECT $n", ",\"params\":{\"m\":1}").json().get("detail").asString())
        .isEqualTo("Parameter $n has no value");
  }

  @Test
  void ownWriteIsSeenWithItsToken() {
    for (int i = 0; i < 10; i++) {
      JsonNode sent = real.post(events(table), "{\"id\":%d}".formatted(1_000_000 + i)).json();
      TestGateway.Answer answer =
          query(
              "SELECT count(*) FROM %s WHERE id = " + (1_000_000 + i),
              ",\"min_visibility_token\":\"%s\"".formatted(sent.get("token").asString()));
      assertThat(answer.json().get("rows").toString()).isEqualTo("[[1]]");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          SELECT nothing FROM %s                                  | | 400 | QUERY_REJECTED
          SELECT 1; SELECT 2                                      | | 400 | QUERY_REJECTED
          DROP TABLE %s                                           | | 400 | QUERY_REJECTED
          SELECT * FROM read_text('/etc/passwd')                  | | 400 | QUERY_REJECTED
          SELECT * FROM '/etc/passwd'                             | | 404 | TABLE_NOT_FOUND
          SELECT error('x') FROM %s                               | | | QUERY
          SELECT CAST(note AS INTEGER) FROM %s                    | | 422 | QUERY_FAILED
          SELECT count(*) FROM %s a, %s b, %s c, %s d             | ,"limits":{"timeout_ms":200} | 504 | QUERY_TIMEOUT
          """)
  void failuresHaveTheirCodes(String sql, String more, Integer status, String code) {
    TestGateway.Answer answer = query(sql.replace("%s", table), more == null ? "" : more);

    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.errorCode()).startsWith(code);
    if (status != null) {
      assertThat(answer.status()).isEqualTo(status);
    }
  }

  @Test
  void answerThatIsCutSaysSo() {
    TestGateway.Answer answer = query("SELECT id FROM %s", ",\"limits\":{\"max_rows\":10}");

    assertThat(answer.json().get("rows")).hasSize(10);
    assertThat(answer.json().get("row_count").asInt()).isEqualTo(10);
    assertThat(answer.json().get("truncated").asBoolean()).isTrue();
  }

  @Test
  void otherFormatsHoldTheSameRows() throws Exception {
    String body = "{\"sql\":\"SELECT id, note FROM %s WHERE id < 3 ORDER BY id\"}".formatted(table);

    String ndjson = real.post("/v1/query", body, Map.of("Accept", "application/x-ndjson")).body();
    String csv = real.post("/v1/query", body, Map.of("Accept", "text/csv")).body();
    HttpRequest arrow =
        real.request("/v1/query")
            .header("Content-Type", "application/json")
            .header("Accept", "application/vnd.apache.arrow.stream")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    byte[] stream =
        TestGateway.client().send(arrow, HttpResponse.BodyHandlers.ofByteArray()).body();

    assertThat(ndjson)
        .isEqualTo(
            "{\"id\":0,\"note\":\"n0\"}\n{\"id\":1,\"note\":\"n1\"}\n{\"id\":2,\"note\":\"n2\"}\n");
    assertThat(csv.replace("\r\n", "\n")).isEqualTo("id,note\n0,n0\n1,n1\n2,n2\n");
    long rows = 0;
    try (BufferAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(stream), allocator)) {
      while (reader.loadNextBatch()) {
        rows += reader.getVectorSchemaRoot().getRowCount();
      }
    }
    assertThat(rows).isEqualTo(3);
  }

  @Test
  void clientThatGoesCancelsAQueryThatStillComputes() throws Exception {
    String body =
        "{\"sql\":\"SELECT count(*) FROM %s a, %s b, %s c, %s d WHERE a.id + b.id + c.id + d.id = -1\"}"
            .replace("%s", table);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), real.port())) {
      socket
          .getOutputStream()
          .write(
              """
              POST /v1/query HTTP/1.1\r
              Host: localhost\r
              Authorization: Bearer %s\r
              Content-Type: application/json\r
              Content-Length: %d\r
              \r
              %s"""
                  .formatted(real.key(), body.length(), body)
                  .getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
      socket.setSoTimeout(700);
      assertThat(readTimesOut(socket)).isTrue();
    }

    long end = System.nanoTime() + 10_000_000_000L;
    String cancelled = "duckmesh_query_seconds_count{mode=\"sync\",outcome=\"client_gone\"} 1";
    String metrics = real.get("/metrics").body();
    while (!metrics.contains(cancelled) && System.nanoTime() < end) {
      metrics = real.get("/metrics").body();
    }
    assertThat(metrics).contains(cancelled);
  }

  private static boolean readTimesOut(Socket socket) throws java.io.IOException {
    try {
      socket.getInputStream().read();
      return false;
    } catch (java.net.SocketTimeoutException e) {
      return true;
    }
  }
}

package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdInputStream;
import io.duckmesh.engine.objects.cache.ObjectCache;
import io.duckmesh.engine.query.QueryEngine;
import io.duckmesh.engine.query.duckdb.DuckDbOptions;
import io.duckmesh.engine.query.duckdb.DuckDbQueries;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How answers of the real engine come over HTTP, and how they do not. */
class AnswerTest extends GatewayTestBase {
  private static final String ARROW = "application/vnd.apache.arrow.stream";
  private static final String PARQUET = "application/vnd.apache.parquet";
  private static final Duration ONE_SLOT_WAIT = Duration.ofMillis(10);

  @TempDir private static Path directory;
  private static ObjectCache cache;
  private static QueryEngine engine;
  private static TestGateway real;

  @BeforeAll
  static void start() {
    cache = ObjectCache.open(store(), directory.resolve("cache"), 1L << 30);
    engine = DuckDbQueries.create(cache, DuckDbOptions.defaults(directory.resolve("spill")));
    real = TestGateway.start(database(), engine, ApiSettings.DEFAULTS);
  }

  @AfterAll
  static void stop() {
    real.close();
    engine.close();
    cache.close();
  }

  private static RawAnswer answer(String sql, String more, Map<String, String> headers)
      throws IOException {
    return RawAnswer.of(real, "{\"sql\":\"%s\"%s}".formatted(sql, more), headers);
  }

  private static String send(String table, String rows) {
    return real.post(events(table) + "?wait=visible", rows).json().get("snapshot_id").asString();
  }

  // Formats

  @Test
  void parquetAnswerIsAFileWithTheRows() throws IOException {
    RawAnswer answer =
        answer(
            "SELECT i, i::DECIMAL(9,2) AS d FROM range(100000) r(i)",
            ",\"limits\":{\"max_rows\":70000}",
            Map.of("Accept", PARQUET));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers()).containsEntry("content-type", PARQUET);
    assertThat(answer.whole()).isTrue();
    assertThat(answer.headers()).containsEntry("x-duckmesh-row-count", "70000");
    assertThat(answer.headers()).containsEntry("x-duckmesh-truncated", "true");
    assertThat(answer.body()).startsWith("PAR1".getBytes(StandardCharsets.US_ASCII));
    assertThat(answer.body()).endsWith("PAR1".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void longNumbersAreStringsWhereTheClientSaysSo() throws IOException {
    String sql = "SELECT 9007199254740993 AS i, 1.50 AS d, 3::INTEGER AS n, [1::BIGINT] AS l";

    RawAnswer numbers = answer(sql, "", Map.of());
    RawAnswer integers = answer(sql, ",\"json\":{\"integers\":\"string\"}", Map.of());
    RawAnswer both =
        answer(
            sql,
            ",\"json\":{\"integers\":\"string\",\"decimals\":\"string\"}",
            Map.of("Accept", "application/x-ndjson"));

    assertThat(numbers.text()).contains("\"rows\":[[9007199254740993,1.50,3,[1]]]");
    assertThat(integers.text()).contains("\"rows\":[[\"9007199254740993\",1.50,3,[\"1\"]]]");
    assertThat(both.text())
        .isEqualTo("{\"i\":\"9007199254740993\",\"d\":\"1.50\",\"n\":3,\"l\":[\"1\"]}\n");
    assertThat(answer(sql, ",\"json\":{\"integers\":\"hex\"}", Map.of()).text())
        .contains("json.integers");
  }

  // Compression

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          application/json                    | gzip
          application/json                    | zstd
          application/x-ndjson                | gzip
          text/csv                            | zstd
          application/vnd.apache.arrow.stream | zstd
          application/vnd.apache.parquet      | gzip
          """)
  void compressedAnswerHoldsTheSameBytes(String accept, String encoding) throws IOException {
    String sql = "SELECT i, md5(i::VARCHAR) AS t FROM range(20000) r(i)";
    RawAnswer plain = answer(sql, "", Map.of("Accept", accept));

    RawAnswer answer = answer(sql, "", Map.of("Accept", accept, "Accept-Encoding", encoding));

    assertThat(answer.headers()).containsEntry("content-encoding", encoding);
    assertThat(answer.headers().get("vary")).contains("Accept-Encoding");
    assertThat(answer.whole()).isTrue();
    byte[] decoded = decode(answer.body(), encoding);
    if (accept.equals("application/json")) {
      assertThat(rowsOf(decoded)).isEqualTo(rowsOf(plain.body()));
    } else {
      assertThat(decoded).isEqualTo(plain.body());
    }
    assertThat(plain.headers()).doesNotContainKey("content-encoding");
  }

  private static byte[] decode(byte[] body, String encoding) throws IOException {
    ByteArrayInputStream in = new ByteArrayInputStream(body);
    try (InputStream decoder =
        encoding.equals("gzip") ? new GZIPInputStream(in) : new ZstdInputStream(in)) {
      return decoder.readAllBytes();
    }
  }

  private static String rowsOf(byte[] json) {
    return TestGateway.JSON.readTree(json).get("rows").toString();
  }

  @Test
  void problemIsNeverCompressed() throws IOException {
    RawAnswer answer = answer("DROP TABLE x", "", Map.of("Accept-Encoding", "gzip"));

    assertThat(answer.headers()).doesNotContainKey("content-encoding").doesNotContainKey("etag");
    assertThat(answer.text()).contains("QUERY_REJECTED");
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "gzip", "zstd"})
  void rowsOfASlowQueryComeBeforeItsEnd(String encoding) throws IOException {
    // Rows cost some time each, and there is no end of them.
    String sql = "SELECT i, md5(repeat('x', 20000) || i) AS t FROM range(100000000) r(i)";
    String body = "{\"sql\":\"%s\",\"limits\":{\"timeout_ms\":60000}}".formatted(sql);
    try (Socket socket =
        RawAnswer.send(
            real, body, Map.of("Accept", "application/x-ndjson", "Accept-Encoding", encoding))) {
      byte[] some = socket.getInputStream().readNBytes(1_000);

      assertThat(new String(some, StandardCharsets.ISO_8859_1)).startsWith("HTTP/1.1 200");
    }
  }

  // What fails in the middle

  private static final String FAILS_LATE =
      "SELECT i, CAST(CASE WHEN i = 900000 THEN 'x' ELSE '1' END AS INTEGER) AS n, md5(i::VARCHAR) AS t"
          + " FROM range(1000000) r(i)";

  @ParameterizedTest
  @ValueSource(strings = {"application/json", "application/x-ndjson", "text/csv", ARROW, PARQUET})
  void answerThatFailsInTheMiddleLacksItsEnd(String accept) throws IOException {
    for (String encoding : List.of("identity", "gzip", "zstd")) {
      RawAnswer answer =
          answer(FAILS_LATE, "", Map.of("Accept", accept, "Accept-Encoding", encoding));

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).hasSizeGreaterThan(100_000);
      assertThat(answer.whole()).as("%s %s", accept, encoding).isFalse();
      assertThat(answer.headers()).doesNotContainKey("x-duckmesh-row-count");
      if (encoding.equals("gzip")) {
        assertThatThrownBy(() -> decode(answer.body(), encoding)).isInstanceOf(IOException.class);
      }
    }
    assertThatThrownBy(
            () ->
                real.post(
                    "/v1/query",
                    "{\"sql\":\"%s\"}".formatted(FAILS_LATE),
                    Map.of("Accept", accept)))
        .isInstanceOf(UncheckedIOException.class);
  }

  // Tags

  @Test
  void answerIsNotSentAgainWhileItsTablesAreAsTheyWere() throws IOException {
    String table = newTable();
    String other = newTable();
    String snapshot = send(table, "{\"id\":1}");
    String sql = "SELECT count(*) FROM " + table;
    String tag = answer(sql, "", Map.of()).headers().get("etag");
    send(other, "{\"id\":1}");

    RawAnswer same = answer(sql, "", Map.of("If-None-Match", "\"x\", " + tag));
    send(table, "{\"id\":2}");
    RawAnswer changed = answer(sql, "", Map.of("If-None-Match", tag));
    RawAnswer fixed = answer(sql, ",\"snapshot_id\":" + snapshot, Map.of("If-None-Match", tag));

    assertThat(tag).startsWith("W/\"");
    assertThat(same.status()).isEqualTo(304);
    assertThat(same.headers()).containsEntry("etag", tag);
    assertThat(same.headers()).containsEntry("cache-control", "private, no-cache");
    assertThat(same.body()).isEmpty();
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.headers().get("etag")).isNotEqualTo(tag);
    assertThat(fixed.status()).isEqualTo(304);
  }

  @Test
  void tagDiffersWithWhatMakesAnotherAnswer() throws IOException {
    String table = newTable();
    send(table, "{\"id\":1}");
    String sql = "SELECT id FROM %s WHERE id > ?".formatted(table);
    List<String> tags = new ArrayList<>();

    tags.add(tag(sql, ",\"params\":[0]", "application/json"));
    tags.add(tag(sql, ",\"params\":[1]", "application/json"));
    tags.add(tag(sql, ",\"params\":[\"0\"]", "application/json"));
    tags.add(tag(sql + " ", ",\"params\":[0]", "application/json"));
    tags.add(tag(sql, ",\"params\":[0],\"limits\":{\"max_rows\":7}", "application/json"));
    tags.add(tag(sql, ",\"params\":[0],\"json\":{\"integers\":\"string\"}", "application/json"));
    tags.add(tag(sql, ",\"params\":[0]", "text/csv"));

    assertThat(tags).doesNotContainNull().doesNotHaveDuplicates();
    assertThat(tag(sql, ",\"params\":[0],\"limits\":{\"timeout_ms\":777}", "application/json"))
        .isEqualTo(tags.getFirst());
  }

  private static String tag(String sql, String more, String accept) throws IOException {
    return answer(sql, more, Map.of("Accept", accept)).headers().get("etag");
  }

  @Test
  void answerOfChanceHasNoTagAndIsNotKept() throws IOException {
    RawAnswer answer = answer("SELECT random()", "", Map.of());

    assertThat(answer.headers()).doesNotContainKey("etag");
    assertThat(answer.headers()).containsEntry("cache-control", "no-store");
  }

  // Slots

  /** A gateway whose tenant has one slot and no queue. */
  private static final class OneSlot implements AutoCloseable {
    final QueryEngine engine =
        DuckDbQueries.create(
            cache,
            DuckDbOptions.defaults(directory.resolve("spill-" + System.nanoTime()))
                .withConcurrency(1, 0, ONE_SLOT_WAIT));
    final TestGateway gateway = TestGateway.start(database(), engine, ApiSettings.DEFAULTS);

    /** Whether the slot becomes free. */
    boolean becomesFree() {
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (System.nanoTime() < end) {
        if (ask().status() == 200) {
          return true;
        }
      }
      return false;
    }

    /** Sends a statement that has the slot when this returns. The caller closes the socket. */
    Socket take(String body) throws IOException {
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (true) {
        Socket socket = RawAnswer.send(gateway, body, Map.of("Accept", "application/x-ndjson"));
        // Whoever asks whether the slot is taken may take it, so that this one is refused.
        boolean refused = false;
        while (!refused && System.nanoTime() < end) {
          if (ask().status() == 429) {
            return socket;
          }
          refused = socket.getInputStream().available() > 0;
        }
        socket.close();
        if (!refused) {
          throw new AssertionError("The statement does not take the slot");
        }
      }
    }

    TestGateway.Answer ask() {
      return gateway.post("/v1/query", "{\"sql\":\"SELECT 1\"}");
    }

    @Override
    public void close() {
      gateway.close();
      engine.close();
    }
  }

  @Test
  void clientThatGoesFreesItsSlot() throws IOException {
    String endless =
        "{\"sql\":\"SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 8\","
            + "\"limits\":{\"timeout_ms\":600000}}";
    try (OneSlot one = new OneSlot()) {
      try (Socket socket = one.take(endless)) {
        TestGateway.Answer refused = one.ask();
        assertThat(refused.errorCode()).isEqualTo("RATE_LIMITED");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(socket.getInputStream().available()).isZero();
      }

      assertThat(one.becomesFree()).isTrue();
    }
  }

  @Test
  void clientThatReadsNothingLosesItsSlotWithTheTimeLimit() throws IOException {
    try (OneSlot one = new OneSlot();
        Socket socket = sendLarge(one, 5_000)) {
      assertThat(one.ask().status()).isEqualTo(429);

      assertThat(one.becomesFree()).isTrue();
      assertThat(socket.isClosed()).isFalse();
    }
  }

  @Test
  void clientThatGoesWhileItReadsNothingFreesItsSlot() throws IOException {
    try (OneSlot one = new OneSlot()) {
      try (Socket socket = sendLarge(one, 600_000)) {
        assertThat(one.ask().status()).isEqualTo(429);
        assertThat(socket.isClosed()).isFalse();
      }

      assertThat(one.becomesFree()).isTrue();
    }
  }

  /** Asks for more than all buffers hold, and reads only the first byte. */
  private static Socket sendLarge(OneSlot one, int timeoutMillis) throws IOException {
    Socket socket =
        RawAnswer.send(
            one.gateway,
            """
            {"sql": "SELECT i, md5(i::VARCHAR) AS t FROM range(100000000) r(i)",
             "limits": {"timeout_ms": %d, "max_rows": 100000000, "max_bytes": 4000000000}}
            """
                .formatted(timeoutMillis),
            Map.of("Accept", "application/x-ndjson"));
    assertThat(socket.getInputStream().read()).isEqualTo('H');
    return socket;
  }

  // Staleness

  @Test
  void staleSnapshotWillDoForAsLongAsTheClientSays() throws IOException {
    String table = newTable();
    send(table, "{\"id\":1}");
    String sql = "SELECT count(*) FROM " + table;
    String first = answer(sql, "", Map.of()).headers().get("x-duckmesh-snapshot");
    String token = gateway().post(events(table), "{\"id\":2}").json().get("token").asString();
    gateway()
        .post(
            "/v1/query", "{\"sql\":\"SELECT 1\",\"min_visibility_token\":\"%s\"}".formatted(token));

    RawAnswer stale = answer(sql, ",\"max_staleness_ms\":600000", Map.of());
    RawAnswer own =
        answer(
            sql,
            ",\"max_staleness_ms\":600000,\"min_visibility_token\":\"%s\"".formatted(token),
            Map.of());
    RawAnswer newest = answer(sql, ",\"max_staleness_ms\":0", Map.of());

    assertThat(stale.headers()).containsEntry("x-duckmesh-snapshot", first);
    assertThat(stale.text()).contains("\"rows\":[[1]]");
    assertThat(own.text()).contains("\"rows\":[[2]]");
    assertThat(newest.text()).contains("\"rows\":[[2]]");
    assertThat(answer(sql, ",\"max_staleness_ms\":1,\"snapshot_id\":1", Map.of()).text())
        .contains("max_staleness_ms");
  }

  @Test
  void tokenSpeaksOfTheQuerysSnapshotAndNotOfTablesAtVersionsOfTheirOwn() throws IOException {
    String table = newTable();
    String first = send(table, "{\"id\":1}");
    String token = real.post(events(table), "{\"id\":2}").json().get("token").asString();

    RawAnswer answer =
        answer(
            "SELECT (SELECT count(*) FROM %1$s), (SELECT count(*) FROM %1$s AT (VERSION => %2$s))"
                .formatted(table, first),
            ",\"min_visibility_token\":\"%s\"".formatted(token),
            Map.of());

    assertThat(answer.text()).contains("\"rows\":[[2,1]]");
  }

  // Repeatable answers

  @Test
  void arrowBytesAreTheSameAfterAHundredCommits() throws IOException {
    String table = newTable();
    String snapshot = "";
    for (int file = 0; file < 5; file++) {
      StringBuilder rows = new StringBuilder();
      for (int i = 0; i < 1_000; i++) {
        int id = file * 1_000 + i;
        rows.append("{\"id\":%d,\"amount\":%d.5,\"note\":\"n%d\"}\n".formatted(id, id, id % 7));
      }
      snapshot =
          real.post(events(table) + "?wait=visible", rows.toString(), NDJSON)
              .json()
              .get("snapshot_id")
              .asString();
    }
    List<String> statements =
        List.of(
            "SELECT * FROM " + table,
            "SELECT id, note FROM %s WHERE id %% 3 = 0".formatted(table),
            "SELECT * FROM %s ORDER BY note, id DESC".formatted(table),
            "SELECT note, sum(amount / 3.7::DOUBLE), list(id) FROM %s GROUP BY note"
                .formatted(table),
            "SELECT a.id, b.note FROM %1$s a JOIN %1$s b ON a.id %% 1000 = b.id".formatted(table),
            "SELECT id, row_number() OVER (PARTITION BY amount > 100 ORDER BY note) FROM %s"
                .formatted(table));
    List<byte[]> before = arrow(statements, snapshot);

    for (int i = 0; i < 100; i++) {
      send(table, "{\"id\":%d}".formatted(10_000 + i));
    }

    List<byte[]> after = arrow(statements, snapshot);
    for (int i = 0; i < statements.size(); i++) {
      assertThat(after.get(i)).as(statements.get(i)).isEqualTo(before.get(i));
      assertThat(rows(after.get(i))).isGreaterThan(6);
    }
  }

  private static List<byte[]> arrow(List<String> statements, String snapshot) throws IOException {
    List<byte[]> answers = new ArrayList<>();
    for (String sql : statements) {
      RawAnswer answer = answer(sql, ",\"snapshot_id\":" + snapshot, Map.of("Accept", ARROW));
      assertThat(answer.whole()).isTrue();
      answers.add(answer.body());
    }
    return answers;
  }

  private static long rows(byte[] stream) throws IOException {
    long rows = 0;
    try (BufferAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(stream), allocator)) {
      while (reader.loadNextBatch()) {
        rows += reader.getVectorSchemaRoot().getRowCount();
      }
    }
    return rows;
  }

  // Memory

  @ParameterizedTest
  @ValueSource(strings = {"application/json", "application/x-ndjson", "text/csv", ARROW, PARQUET})
  void millionRowsNeedLittleMemory(String accept) throws IOException {
    String body =
        "{\"sql\":\"SELECT i, md5(i::VARCHAR) AS a, md5((i + 1)::VARCHAR) AS b, i / 7.0 AS c FROM range(1000000) r(i)\","
            + "\"limits\":{\"max_bytes\":4000000000}}";
    drain(body, accept);
    System.gc();
    long before = residentBytes();

    long bytes = drain(body, accept);

    assertThat(bytes).isGreaterThan(20_000_000);
    assertThat(residentBytes() - before).isLessThan(200L << 20);
  }

  private static long drain(String body, String accept) throws IOException {
    long bytes = 0;
    try (Socket socket =
        RawAnswer.send(real, body, Map.of("Accept", accept, "Connection", "close"))) {
      byte[] buffer = new byte[1 << 16];
      InputStream in = socket.getInputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        bytes += read;
      }
    }
    return bytes;
  }

  private static long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("No VmRSS in /proc/self/status");
  }
}

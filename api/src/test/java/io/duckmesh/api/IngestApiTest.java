package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

class IngestApiTest extends GatewayTestBase {
  private static final Map<String, String> GZIP =
      Map.of("Content-Type", "application/x-ndjson", "Content-Encoding", "gzip");

  private static String rows(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj("{\"id\":%d,\"amount\":\"1.25\"}"::formatted)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return out.toByteArray();
  }

  @Test
  void acceptedEventsAreCountedAndCarryReceiptAndToken() {
    String table = newTable();

    TestGateway.Answer answer = gateway().post(events(table), rows(0, 100), NDJSON);

    assertThat(answer.status()).isEqualTo(202);
    JsonNode json = answer.json();
    assertThat(json.get("state").asString()).isEqualTo("accepted");
    assertThat(json.get("accepted").asInt()).isEqualTo(100);
    assertThat(json.get("receipt_id").asString()).startsWith("dmr_");
    assertThat(json.get("snapshot_id").isNull()).isTrue();
    assertThat(count(table, json.get("token").asString())).isEqualTo(100);
  }

  @Test
  void allFormsOfJsonAreTaken() {
    String table = newTable();

    gateway().post(events(table), "{\"id\":1}");
    gateway().post(events(table), "[{\"id\":2},{\"id\":3}]");
    TestGateway.Answer last =
        gateway()
            .post(
                events(table),
                "{\"events\":[{\"key\":\"k4\",\"op\":\"insert\",\"row\":{\"id\":4}}]}");

    assertThat(last.status()).isEqualTo(202);
    assertThat(count(table, last.json().get("token").asString())).isEqualTo(4);
  }

  @Test
  void compressedBodiesAreTaken() throws IOException {
    String table = newTable();

    TestGateway.Answer gzip =
        gateway()
            .post(
                events(table),
                gzip(rows(0, 1_000)),
                Map.of("Content-Type", "application/x-ndjson", "Content-Encoding", "gzip"));
    TestGateway.Answer zstd =
        gateway()
            .post(
                events(table),
                Zstd.compress(rows(1_000, 2_000).getBytes(StandardCharsets.UTF_8)),
                Map.of("Content-Type", "application/x-ndjson", "Content-Encoding", "zstd"));

    assertThat(gzip.status()).isEqualTo(202);
    assertThat(zstd.status()).isEqualTo(202);
    assertThat(count(table, zstd.json().get("token").asString())).isEqualTo(2_000);
  }

  @Test
  void waitingAnswersWithTheSnapshotThatHasTheEvents() {
    String table = newTable(3, true);

    TestGateway.Answer answer =
        gateway().post(events(table) + "?wait=visible&timeout=10s", rows(0, 300), NDJSON);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().get("state").asString()).isEqualTo("visible");
    JsonNode rows =
        gateway()
            .post(
                "/v1/query",
                "{\"sql\":\"SELECT count(*) FROM %s\",\"snapshot_id\":%d}"
                    .formatted(table, answer.json().get("snapshot_id").asLong()))
            .json()
            .get("rows");
    assertThat(rows.toString()).isEqualTo("[[300]]");
  }

  @Test
  void waitThatIsTooShortAnswersAcceptedAndLosesNothing() {
    String table = newTable();
    TestGateway.Answer answer;
    try (TestLander.Hold held = lander().hold()) {
      answer = gateway().post(events(table) + "?wait=visible&timeout=50ms", rows(0, 5), NDJSON);
    }

    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().get("state").asString()).isEqualTo("accepted");
    assertThat(count(table, answer.json().get("token").asString())).isEqualTo(5);
  }

  @Test
  void eventOfAKnownKeyIsADuplicate() {
    String table = newTable(1, true);
    gateway().post(events(table) + "?wait=visible", rows(0, 10), NDJSON);

    TestGateway.Answer again = gateway().post(events(table) + "?wait=visible", rows(5, 15), NDJSON);

    assertThat(again.json().get("accepted").asInt()).isEqualTo(10);
    assertThat(again.json().get("duplicates").asInt()).isEqualTo(5);
    assertThat(count(table, again.json().get("token").asString())).isEqualTo(15);
  }

  @Test
  void malformedLineInTheMiddleIsNamedAndNothingIsTaken() {
    String table = newTable();
    String[] lines = rows(0, 10_000).split("\n");
    lines[7_000] = "{\"id\":7000,";

    TestGateway.Answer answer = gateway().post(events(table), String.join("\n", lines), NDJSON);

    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.errorCode()).isEqualTo("SCHEMA_MISMATCH");
    JsonNode context = answer.json().get("context");
    assertThat(context.get("error_count").asLong()).isEqualTo(1);
    assertThat(context.get("errors").get(0).get("row").asLong()).isEqualTo(7_001);
    TestGateway.Answer good = gateway().post(events(table), rows(0, 1), NDJSON);
    assertThat(count(table, good.json().get("token").asString())).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"id":1,"colour":"red"}      | colour
          {"id":"one"}                 | id
          {"id":1.5}                   | id
          {"id":1,"amount":12345678.9} | amount
          {"id":1,"amount":1.234}      | amount
          {"id":null}                  | id
          {"amount":1}                 | id
          {"id":9223372036854775808}   | id
          """)
  void valueThatDoesNotFitIsNamedWithItsRule(String row, String column) {
    String table = newTable();

    TestGateway.Answer answer = gateway().post(events(table), row);

    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.errorCode()).isEqualTo("SCHEMA_MISMATCH");
    JsonNode error = answer.json().get("context").get("errors").get(0);
    assertThat(error.get("column").asString()).isEqualTo(column);
    assertThat(error.get("rule").asString()).isNotBlank();
    assertThat(answer.json().get("retryable").asBoolean()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          []                | A body has at least one row
          [{"id":1},        | A body is well-formed JSON: Unexpected end-of-input
          [{"id":1}] []     | value []: A body is one JSON value
          """)
  void bodyThatIsWrongAsAWholeIsSaidToBeSo(String body, String rule) {
    TestGateway.Answer answer =
        gateway().post(events(newTable()), body, Map.of("Content-Type", "application/json"));

    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.errorCode()).isEqualTo("SCHEMA_MISMATCH");
    assertThat(answer.json().get("detail").asString())
        .startsWith("The body as a whole is not valid, nothing was taken: " + rule);
    assertThat(answer.json().get("context").get("errors").get(0).has("row")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          application/x-ndjson |
          application/json     |
          application/x-ndjson | ' '
          application/json     | []
          application/json     | {"events":[]}
          """)
  void bodyWithoutEventsIsRefused(String type, String body) {
    String table = newTable();

    TestGateway.Answer answer =
        gateway().post(events(table), body == null ? "" : body, Map.of("Content-Type", type));

    assertThat(answer.status()).isIn(400, 422);
    assertThat(answer.errorCode()).isIn("INVALID_REQUEST", "SCHEMA_MISMATCH");
  }

  @Test
  void unknownTableIsNotFound() {
    TestGateway.Answer answer = gateway().post("/v1/tables/never/events", "{\"id\":1}");

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.errorCode()).isEqualTo("TABLE_NOT_FOUND");
  }

  @Test
  void badCompressionIsRefused() throws IOException {
    String table = newTable();
    Map<String, String> gzip =
        Map.of("Content-Type", "application/x-ndjson", "Content-Encoding", "gzip");
    byte[] whole = gzip(rows(0, 1_000));
    byte[] changed = whole.clone();
    changed[whole.length - 6] ^= 1;

    TestGateway.Answer plain =
        gateway().post(events(table), rows(0, 1).getBytes(StandardCharsets.UTF_8), gzip);
    TestGateway.Answer cut =
        gateway().post(events(table), Arrays.copyOf(whole, whole.length / 2), gzip);
    TestGateway.Answer wrongChecksum = gateway().post(events(table), changed, gzip);
    TestGateway.Answer badZstd =
        gateway()
            .post(
                events(table),
                rows(0, 1).getBytes(StandardCharsets.UTF_8),
                Map.of("Content-Type", "application/x-ndjson", "Content-Encoding", "zstd"));
    TestGateway.Answer unknown =
        gateway()
            .post(
                events(table),
                rows(0, 1).getBytes(StandardCharsets.UTF_8),
                Map.of("Content-Type", "application/x-ndjson", "Content-Encoding", "br"));

    assertThat(plain.errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(cut.errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(wrongChecksum.errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(badZstd.errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(badZstd.status()).isEqualTo(400);
    assertThat(unknown.status()).isEqualTo(415);
  }

  @Test
  void bodyOfSeveralGzipMembersIsTakenWhole() throws IOException {
    String table = newTable();

    TestGateway.Answer answer =
        gateway()
            .post(
                events(table),
                joined(gzip(rows(0, 1_000)), gzip(rows(1_000, 2_500)), gzip(rows(2_500, 2_501))),
                GZIP);

    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().get("accepted").asInt()).isEqualTo(2_501);
    assertThat(count(table, answer.json().get("token").asString())).isEqualTo(2_501);
  }

  private enum Damage {
    MEMBER_CUT_IN_ITS_HEADER {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return joined(first, Arrays.copyOf(second, 5));
      }
    },
    MEMBER_CUT_AFTER_ONE_BYTE {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return joined(first, Arrays.copyOf(second, 1));
      }
    },
    MEMBER_WITH_A_WRONG_FIRST_BYTE {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return joined(first, changed(second, 0));
      }
    },
    MEMBER_WITH_A_WRONG_SECOND_BYTE {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return joined(first, changed(second, 1));
      }
    },
    MEMBER_WITH_A_WRONG_METHOD {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return joined(first, changed(second, 2));
      }
    },
    JUNK_BEHIND_A_MEMBER {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return joined(first, "{\"id\":1}\n".getBytes(StandardCharsets.UTF_8));
      }
    },
    MEMBER_CUT_IN_ITS_DATA {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return joined(first, Arrays.copyOf(second, second.length / 2));
      }
    },
    ONLY_MEMBER_CUT_IN_ITS_DATA {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return Arrays.copyOf(first, first.length / 2);
      }
    },
    CUT_IN_THE_TRAILER {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return joined(first, Arrays.copyOf(second, second.length - 3));
      }
    },
    WITHOUT_A_TRAILER {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return Arrays.copyOf(first, first.length - 8);
      }
    },
    WRONG_CHECKSUM {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return joined(first, changed(second, second.length - 6));
      }
    },
    WRONG_CHECKSUM_OF_THE_FIRST {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return joined(changed(first, first.length - 6), second);
      }
    },
    WRONG_LENGTH {
      @Override
      byte[] of(byte[] first, byte[] second) {
        return joined(first, changed(second, second.length - 1));
      }
    };

    abstract byte[] of(byte[] first, byte[] second);
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static byte[] changed(byte[] bytes, int at) {
    byte[] changed = bytes.clone();
    changed[at] ^= 1;
    return changed;
  }

  @ParameterizedTest
  @EnumSource
  void damagedGzipIsRefusedAndNothingOfItIsTaken(Damage damage) throws IOException {
    String table = newTable();
    byte[] body = damage.of(gzip(rows(0, 1_000)), gzip(rows(1_000, 2_000)));

    TestGateway.Answer answer = gateway().post(events(table), body, GZIP);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.errorCode()).isEqualTo("INVALID_REQUEST");
    assertThat(answer.json().get("detail").asString())
        .startsWith("The body is not valid gzip: ")
        .doesNotContain("null");
    TestGateway.Answer good = gateway().post(events(table), rows(0, 1), NDJSON);
    assertThat(count(table, good.json().get("token").asString())).isEqualTo(1);
  }

  @Test
  void zstdFrameThatIsCutOrFollowedByJunkIsRefused() {
    String table = newTable();
    Map<String, String> headers =
        Map.of("Content-Type", "application/x-ndjson", "Content-Encoding", "zstd");
    byte[] first = Zstd.compress(rows(0, 1_000).getBytes(StandardCharsets.UTF_8));
    byte[] second = Zstd.compress(rows(1_000, 2_000).getBytes(StandardCharsets.UTF_8));

    for (int length = 1; length < second.length; length += length < 20 ? 1 : 97) {
      TestGateway.Answer cut =
          gateway().post(events(table), joined(first, Arrays.copyOf(second, length)), headers);
      assertThat(cut.status()).as("cut after %d of %d", length, second.length).isIn(400, 422);
    }
    TestGateway.Answer junk =
        gateway().post(events(table), joined(first, new byte[] {1, 2, 3, 4, 5, 6}), headers);
    TestGateway.Answer whole = gateway().post(events(table), joined(first, second), headers);

    assertThat(junk.status()).isEqualTo(400);
    assertThat(count(table, whole.json().get("token").asString())).isEqualTo(2_000);
  }

  @Test
  void tableThatAnotherGatewayMadeAnewTakesRowsOfItsNewColumnsAtOnce() {
    String table = newTable();
    try (TestGateway other =
        TestGateway.start(database(), new ScriptedEngine(), ApiSettings.DEFAULTS)) {
      assertThat(other.post(events(table), "{\"id\":1}").status()).isEqualTo(202);
      assertThat(gateway().delete("/v1/tables/" + table).status()).isBetween(200, 204);
      assertThat(
              gateway()
                  .post(
                      "/v1/tables",
                      """
                      {"name": "%s", "columns": [{"name": "colour", "type": "VARCHAR"}]}
                      """
                          .formatted(table))
                  .status())
          .isEqualTo(201);

      TestGateway.Answer fits = other.post(events(table), "{\"colour\":\"red\"}");
      TestGateway.Answer fitsNoMore = other.post(events(table), "{\"id\":2}");

      assertThat(fits.status()).isEqualTo(202);
      assertThat(count(table, fits.json().get("token").asString())).isEqualTo(1);
      assertThat(fitsNoMore.status()).isEqualTo(422);
    }
  }

  @Test
  void bodyThatGrowsBeyondTheLimitWhenDecompressedIsRefused() throws IOException {
    String table = newTable();
    byte[] bomb = gzip(" ".repeat(80 << 20));

    TestGateway.Answer answer =
        gateway()
            .post(
                events(table),
                bomb,
                Map.of("Content-Type", "application/x-ndjson", "Content-Encoding", "gzip"));

    assertThat(bomb.length).isLessThan(1 << 20);
    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.errorCode()).isEqualTo("PAYLOAD_TOO_LARGE");
    assertThat(
            gateway().context().getBean(io.duckmesh.api.ingest.RequestBodies.class).inFlightBytes())
        .isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "text/csv,415",
    "application/vnd.apache.arrow.stream,415",
    "application/x-www-form-urlencoded,415",
    "multipart/form-data;boundary=x,415"
  })
  void formatsThatAreNotTakenAreRefused(String type, int status) {
    TestGateway.Answer answer =
        gateway().post(events(newTable()), "a=b", Map.of("Content-Type", type));

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.errorCode()).isEqualTo("UNSUPPORTED_MEDIA_TYPE");
    assertThat(answer.body()).contains("application/x-ndjson");
  }

  @ParameterizedTest
  @CsvSource({
    "wait=durable",
    "wait=visible&timeout=5",
    "wait=visible&timeout=2h",
    "timeout=5s",
    "on_error=ignore",
    "create=true",
    "colour=red"
  })
  void parametersThatAreNotPossibleAreRefused(String query) {
    TestGateway.Answer answer = gateway().post(events(newTable()) + "?" + query, "{\"id\":1}");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().get("detail").asString())
        .contains(
            query.substring(0, query.indexOf('=')).equals("wait") && query.contains("&")
                ? "timeout"
                : query.substring(0, query.indexOf('=')));
  }

  @Test
  void backlogThatIsFullIsRefusedWithTheTimeToWait() {
    TestDatabase own = new TestDatabase();
    try (TestGateway gateway =
        TestGateway.start(
            own,
            new ScriptedEngine(),
            ApiSettings.DEFAULTS,
            io.duckmesh.bus.BusOptions.DEFAULTS.withBacklogLimitBytes(1_000))) {
      gateway.post(
          "/v1/tables", "{\"name\":\"t\",\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\"}]}");
      TestGateway.Answer answer = gateway.post("/v1/tables/t/events", "{\"id\":1}");
      for (int i = 0; i < 100 && answer.status() == 202; i++) {
        answer = gateway.post("/v1/tables/t/events", "{\"id\":1}");
      }

      assertThat(answer.status()).isEqualTo(429);
      assertThat(answer.errorCode()).isEqualTo("BACKLOG_FULL");
      assertThat(answer.json().get("retryable").asBoolean()).isTrue();
      assertThat(Integer.parseInt(answer.header("Retry-After"))).isPositive();
    }
  }
}

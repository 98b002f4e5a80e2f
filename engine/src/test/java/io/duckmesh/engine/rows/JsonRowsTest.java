package io.duckmesh.engine.rows;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import io.duckmesh.engine.segment.KeyHash;
import io.duckmesh.engine.segment.KeyHashes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonRowsTest {
  private static final RowSchema SCHEMA =
      Rows.schema("id BIGINT NOT NULL", "name VARCHAR", "price DECIMAL(9,2) DEFAULT 1.5");

  private final BufferAllocator allocator = new RootAllocator();

  @AfterEach
  void nothingLeaks() {
    allocator.close();
  }

  @Test
  void linesAreRowsWhateverTheOrderOfTheirColumns() {
    String body =
        """
        {"id":1,"name":"a","price":2}
        {"price":null,"id":2}

        \t{ "name" : null, "id" : 3 }\s
        """;

    assertThat(ndjson(body))
        .containsExactly(
            List.of("1", "a", "2.00"), List.of("2", "null", "null"), List.of("3", "null", "1.50"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"id\":1,\"name\":\"a\"}, {\"id\":2}]",
        "\uFEFF [ {\"id\":1,\"name\":\"a\"}\n,{\"id\":2}]\r\n",
        "{\"events\":[{\"row\":{\"id\":1,\"name\":\"a\"}},{\"op\":\"insert\",\"row\":{\"id\":2}}]}",
      })
  void arraysAndEnvelopesAreRows(String body) {
    assertThat(json(body)).containsExactly(List.of("1", "a", "1.50"), List.of("2", "null", "1.50"));
  }

  @Test
  void oneObjectIsOneRow() {
    assertThat(json("{\"id\":1}")).containsExactly(List.of("1", "null", "1.50"));
  }

  @Test
  void anObjectWithAColumnNamedEventsIsARow() {
    RowSchema schema = Rows.schema("events INTEGER[]");

    try (RowBatch rows =
        Rows.read("{\"events\":[1]}", RowFormat.JSON, schema, RowOptions.DEFAULTS, allocator)) {
      assertThat(Rows.values(rows)).containsExactly(List.of("[1]"));
    }
  }

  @Test
  void byteOrderMarkAndCarriageReturnsAreNoPartOfLines() {
    assertThat(ndjson("\uFEFF{\"id\":1}\r\n\r\n{\"id\":2}\r\n"))
        .containsExactly(List.of("1", "null", "1.50"), List.of("2", "null", "1.50"));
  }

  @Test
  void manyRowsWithGapsKeepTheirPlaces() {
    String body =
        IntStream.range(0, 5_000)
            .mapToObj(
                i ->
                    i % 3 == 0
                        ? "{\"id\":" + i + "}"
                        : "{\"name\":\"n" + i + "\",\"id\":" + i + ",\"price\":null}")
            .collect(Collectors.joining("\n"));

    List<List<String>> rows = ndjson(body);

    assertThat(rows).hasSize(5_000);
    for (int i = 0; i < 5_000; i++) {
      assertThat(rows.get(i))
          .isEqualTo(
              i % 3 == 0 ? List.of("" + i, "null", "1.50") : List.of("" + i, "n" + i, "null"));
    }
  }

  @Test
  void malformedLineInTheMiddleIsTheOnlyError() {
    String body =
        IntStream.rangeClosed(1, 10_000)
            .mapToObj(i -> i == 7_001 ? "{\"id\":7001,\"name\":\"x}" : "{\"id\":" + i + "}")
            .collect(Collectors.joining("\n"));

    InvalidRowsException refusal = refused(body, RowFormat.NDJSON);

    assertThat(refusal.errorCount()).isEqualTo(1);
    assertThat(refusal.errors())
        .singleElement()
        .satisfies(
            error -> {
              assertThat(error.row()).isEqualTo(7_001);
              assertThat(error.column()).isNull();
              assertThat(error.value()).isEqualTo("{\"id\":7001,\"name\":\"x}");
              assertThat(error.rule())
                  .startsWith("A row is well-formed JSON: Unexpected end-of-input");
            });
  }

  @Test
  void errorsOfAllRowsAreCountedAndTheFirstOnesReported() {
    String body =
        """
        {"id":1,"name":2,"price":"x"}

        {"id":null,"nam":"a"}
        {"name":"a"}
        {"id":1,
        "name":"a"}
        [1]
        {"id":1}{"id":2}
        {"id":1,"id":2}
        {"id":5}
        """;

    InvalidRowsException all = refused(body, RowFormat.NDJSON);
    InvalidRowsException few =
        catchThrowableOfType(
            InvalidRowsException.class,
            () ->
                Rows.read(
                    body,
                    RowFormat.NDJSON,
                    SCHEMA,
                    RowOptions.DEFAULTS.withMaxErrors(3),
                    allocator));

    assertThat(all.errors())
        .extracting(error -> error.row() + " " + error.column() + " " + error.value())
        .containsExactly(
            "1 name 2",
            "1 price \"x\"",
            "3 id null",
            "3 nam \"a\"",
            "4 id null",
            "5 null {\"id\":1,",
            "6 null \"name\":\"a\"}",
            "7 null [1]",
            "8 null {\"id\":1}{\"id\":2}",
            "9 id 2");
    assertThat(all.errors())
        .extracting(RowError::rule)
        .element(4)
        .isEqualTo("The column is required: it can not be missing");
    assertThat(all.errorCount()).isEqualTo(10);
    assertThat(few.errors()).isEqualTo(all.errors().subList(0, 3));
    assertThat(few.errorCount()).isEqualTo(10);
  }

  @Test
  void rowThatGoesOnInTheNextLineIsNoRow() {
    InvalidRowsException refusal =
        refused("{\"id\":1,\n\"name\":\"a\"}\n{\"id\":2}", RowFormat.NDJSON);

    assertThat(refusal.errors()).extracting(RowError::row).containsExactly(1L, 2L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0001',
      value = {
        "[{\"id\":1},{\"id\":2,}] | 2 | A body is well-formed JSON: Unexpected character",
        "[{\"id\":1},{\"id\":2} | 0 | A body is well-formed JSON: Unexpected end-of-input",
        "[{\"id\":1} {\"id\":2}] | 0 | A body is well-formed JSON: Unexpected character",
        "[{\"id\":1}] x | 0 | A body is well-formed JSON: Unrecognized token",
        "[{\"id\":1}] [] | 0 | nothing behind it",
        "[{\"id\":1},[{}]] | 2 | A row is a JSON object",
        "[{\"id\":01}] | 1 | A body is well-formed JSON: Invalid numeric value",
        "[{\"id\":NaN}] | 1 | A body is well-formed JSON: Non-standard token 'NaN'",
        "[{\"id\":1,}] | 1 | A body is well-formed JSON",
        "[{id:1}] | 1 | A body is well-formed JSON",
        "[] | 0 | A body has at least one row",
        "{\"events\":[]} | 0 | A body has at least one row",
        "5 | 0 | A body is an array of rows, one row, or an object with events",
        "{} | 1 | The column is required: it can not be missing",
        "{\"events\":{}} | 1 | events is an array of events",
        "{\"events\":[{\"row\":{\"id\":1}}],\"x\":1} | 1 | An object with events has nothing else",
        "{\"events\":[{\"row\":{\"id\":1}},5]} | 2 | An event is an object with key, op and row",
        "{\"events\":[{\"op\":\"insert\"}]} | 1 | An event has a row",
        "{\"events\":[{\"row\":[]}]} | 1 | An event has one row, an object",
        "{\"events\":[{\"row\":{\"id\":1},\"row\":{\"id\":1}}]} | 1 | An event has one row",
        "{\"events\":[{\"row\":{\"id\":1},\"op\":\"delete\"}]} | 1 | append table is \"insert\"",
        "{\"events\":[{\"row\":{\"id\":1},\"time\":1}]} | 1 | An event has key, op and row",
        "{\"events\":[{\"row\":{\"id\":1},\"key\":1}]} | 1 | An event key is a string",
        "{\"events\":[{\"row\":{\"id\":1},\"key\":\"\"}]} | 1 | An event key is a string",
        "{\"events\":[{\"row\":{\"id\":1},\"key\":\"\\ud800\"}]} | 1 | half a surrogate pair",
        "{\"events\":[{\"key\":\"a\",\"row\":{\"id\":1}},{\"row\":{\"id\":1}}]} | 2 | or none has",
      })
  void bodiesThatAreNotRowsSayWhereAndWhy(String body, long row, String rule) {
    assertThat(refused(body, RowFormat.JSON).errors().getLast())
        .satisfies(
            error -> {
              assertThat(error.row()).isEqualTo(row);
              assertThat(error.rule()).contains(rule);
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  \r\n \n", "\uFEFF", "\n\n\n"})
  void bodyWithoutRowsIsAnError(String body) {
    for (RowFormat format : RowFormat.values()) {
      assertThat(refused(body, format).errors())
          .containsExactly(
              new RowError(RowError.WHOLE_BODY, null, null, "A body has at least one row"));
    }
  }

  @Test
  void namesMatchOnlyInTheirOwnCase() {
    assertThat(refused("{\"id\":1,\"Name\":\"a\"}", RowFormat.NDJSON).errors())
        .containsExactly(new RowError(1, "Name", "\"a\"", "The table has no such column"));
  }

  @Test
  void longValuesAreCutInErrors() {
    String value = "🦆".repeat(200);

    RowError error =
        refused("{\"id\":1,\"price\":\"" + value + "\"}", RowFormat.NDJSON).errors().getFirst();

    assertThat(error.value()).hasSizeLessThanOrEqualTo(100).startsWith("\"🦆").endsWith("🦆…");
  }

  @ParameterizedTest
  @EnumSource(RowFormat.class)
  void textThatIsNotUtf8IsAnErrorOfItsRow(RowFormat format) {
    byte[] body = "{\"id\":1,\"name\":\"aXb\"}".getBytes(UTF_8);
    for (int[] wrong :
        new int[][] {{0xff}, {0xc3}, {0xc0, 0x80}, {0xed, 0xa0, 0x80}, {0xf5, 0x80, 0x80, 0x80}}) {
      byte[] changed = Arrays.copyOf(body, body.length + wrong.length - 1);
      int at = new String(body, UTF_8).indexOf('X');
      System.arraycopy(body, at + 1, changed, at + wrong.length, body.length - at - 1);
      for (int i = 0; i < wrong.length; i++) {
        changed[at + i] = (byte) wrong[i];
      }

      InvalidRowsException refusal =
          catchThrowableOfType(
              InvalidRowsException.class,
              () -> Rows.read(changed, format, SCHEMA, RowOptions.DEFAULTS, allocator));

      assertThat(refusal.errors()).singleElement().extracting(RowError::row).isEqualTo(1L);
      assertThat(refusal.errors().getFirst().rule()).contains("UTF-8");
    }
  }

  @ParameterizedTest
  @EnumSource(RowFormat.class)
  void otherEncodingsAreErrors(RowFormat format) {
    assertThatThrownBy(
            () ->
                Rows.read(
                    "{\"id\":1}".getBytes(UTF_16LE),
                    format,
                    SCHEMA,
                    RowOptions.DEFAULTS,
                    allocator))
        .isInstanceOf(InvalidRowsException.class);
  }

  @ParameterizedTest
  @EnumSource(RowFormat.class)
  void whatIsTooDeepOrTooLongForTheParserIsAnErrorOfItsRow(RowFormat format) {
    RowSchema schema = Rows.schema("c JSON");
    for (String value :
        List.of(
            "[".repeat(5_000) + "]".repeat(5_000),
            "{\"a\":".repeat(5_000) + "1" + "}".repeat(5_000),
            "[" + "9".repeat(5_000) + "]",
            "{\"" + "n".repeat(60_000) + "\":1}")) {
      assertThatThrownBy(
              () ->
                  Rows.read(
                      "{\"c\":" + value + "}", format, schema, RowOptions.DEFAULTS, allocator))
          .isInstanceOfSatisfying(
              InvalidRowsException.class,
              refusal -> {
                assertThat(refusal.errors()).extracting(RowError::row).containsExactly(1L);
                assertThat(refusal.errors().getFirst().rule())
                    .contains("exceeds the maximum")
                    .doesNotContain("StreamReadConstraints");
              });
    }
  }

  @Test
  void linesThatOpenOneAnotherCostNoMoreThanTheirLength() {
    // Each line would be the beginning of a deep value that goes on in all lines behind it.
    String body = "{\"c\":\n".repeat(50_000);

    assertThat(
            catchThrowableOfType(
                    InvalidRowsException.class,
                    () ->
                        Rows.read(
                            body,
                            RowFormat.NDJSON,
                            Rows.schema("c JSON"),
                            RowOptions.DEFAULTS,
                            allocator))
                .errorCount())
        .isEqualTo(50_000);
  }

  @ParameterizedTest
  @EnumSource(RowFormat.class)
  void bodyOfMoreBytesThanAllowedIsRefused(RowFormat format) {
    String body = "{\"id\":1}" + " ".repeat(20_000);

    assertThatThrownBy(
            () ->
                Rows.read(
                    body, format, SCHEMA, RowOptions.DEFAULTS.withMaxBytes(20_007), allocator))
        .isInstanceOfSatisfying(
            BodyTooLargeException.class,
            refusal -> {
              assertThat(refusal).hasMessage("Body has more than 20007 bytes");
              assertThat(refusal.limit()).isEqualTo(20_007);
              assertThat(refusal.unit()).isEqualTo("bytes");
            });
    Rows.read(body, format, SCHEMA, RowOptions.DEFAULTS.withMaxBytes(20_008), allocator).close();
  }

  @Test
  void endlessBodyIsReadOnlyToTheLimit() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return ' ';
          }
        };

    assertThatThrownBy(
            () -> JsonRows.read(endless, RowFormat.JSON, SCHEMA, RowOptions.DEFAULTS, allocator))
        .isInstanceOf(BodyTooLargeException.class);
  }

  @Test
  void bodyOfMoreRowsThanAllowedIsRefused() {
    RowOptions two = RowOptions.DEFAULTS.withMaxRows(2);
    String line = "{\"id\":1}\n";

    Rows.read(line.repeat(2), RowFormat.NDJSON, SCHEMA, two, allocator).close();
    assertThatThrownBy(() -> Rows.read(line.repeat(3), RowFormat.NDJSON, SCHEMA, two, allocator))
        .isInstanceOf(BodyTooLargeException.class)
        .hasMessage("Body has more than 2 rows");
    assertThatThrownBy(
            () ->
                Rows.read(
                    "[{\"id\":1},{\"id\":1},{\"id\":1}]", RowFormat.JSON, SCHEMA, two, allocator))
        .isInstanceOf(BodyTooLargeException.class);
  }

  @Test
  void failingStreamPassesItsExceptionOn() {
    InputStream failing =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("connection reset");
          }
        };

    assertThatThrownBy(
            () -> JsonRows.read(failing, RowFormat.NDJSON, SCHEMA, RowOptions.DEFAULTS, allocator))
        .isInstanceOf(IOException.class)
        .hasMessage("connection reset");
  }

  @Test
  void streamThatComesInPiecesIsReadWhole() throws IOException {
    byte[] body = "{\"id\":1}\n".repeat(3_000).getBytes(UTF_8);
    InputStream pieces =
        new ByteArrayInputStream(body) {
          @Override
          public int read(byte[] target, int offset, int length) {
            return super.read(target, offset, Math.min(length, 7));
          }

          @Override
          public int available() {
            return 0;
          }
        };

    try (RowBatch rows =
        JsonRows.read(pieces, RowFormat.NDJSON, SCHEMA, RowOptions.DEFAULTS, allocator)) {
      assertThat(rows.rowCount()).isEqualTo(3_000);
    }
  }

  @Test
  void eventKeysComeFromTheTextOfTheirColumns() {
    RowOptions keyed = RowOptions.DEFAULTS.withEventKeyColumns(List.of("name", "id"));

    try (RowBatch rows =
        Rows.read(
            "{\"id\":1,\"name\":\"a\"}\n{\"id\":\"2\",\"name\":\"é\"}",
            RowFormat.NDJSON,
            SCHEMA,
            keyed,
            allocator)) {
      assertThat(rows.eventKeys())
          .containsExactly(
              KeyHashes.eventKey(List.of("a", "1")), KeyHashes.eventKey(List.of("é", "2")));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0001',
      value = {
        "BOOLEAN | true | true",
        "SMALLINT | -7 | -7",
        "DECIMAL(9,2) | 1.5 | 1.50",
        "DECIMAL(38,2) | -123456789012345678901234567890.1 | -123456789012345678901234567890.10",
        "DECIMAL(38,0) | -1 | -1",
        "DOUBLE | 1e3 | 1000.0",
        "DATE | \"2026-01-31\" | 2026-01-31",
        "TIME | \"01:02:03.500\" | 01:02:03.5",
        "TIMESTAMP | \"1969-12-31 23:59:59.999999\" | 1969-12-31T23:59:59.999999",
        "TIMESTAMPTZ | \"2026-01-31T01:00:00+01:00\" | 2026-01-31T00:00:00Z",
        "UUID | \"0190163D-8694-739B-AEA5-966C26F8AD91\" | 0190163d-8694-739b-aea5-966c26f8ad91",
        "JSON | {\"a\": 1} | {\"a\": 1}",
      })
  void equalValuesOfAKeyColumnHaveOneText(String type, String json, String text) {
    RowOptions keyed = RowOptions.DEFAULTS.withEventKeyColumns(List.of("c"));

    try (RowBatch rows =
        Rows.read(
            "{\"c\":" + json + "}", RowFormat.JSON, Rows.schema("c " + type), keyed, allocator)) {
      assertThat(rows.eventKeys()).containsExactly(KeyHashes.eventKey(List.of(text)));
    }
  }

  @Test
  void eventKeysOfAnEnvelopeAreTheSameAsThoseOfAColumn() {
    String body =
        "{\"events\":[{\"key\":\"k1\",\"row\":{\"id\":1}},{\"row\":{\"id\":2},\"key\":\"k2\"}]}";

    try (RowBatch rows = Rows.read(body, RowFormat.JSON, SCHEMA, RowOptions.DEFAULTS, allocator)) {
      assertThat(rows.eventKeys())
          .containsExactly(
              KeyHashes.eventKey(List.of("k1")), KeyHashes.eventKey("k2".getBytes(UTF_8)));
    }
  }

  @Test
  void eventKeyColumnsCanNotBeNull() {
    RowOptions keyed = RowOptions.DEFAULTS.withEventKeyColumns(List.of("name"));

    InvalidRowsException refusal =
        catchThrowableOfType(
            InvalidRowsException.class,
            () ->
                Rows.read(
                    "{\"id\":1,\"name\":null}\n{\"id\":2}\n{\"id\":3,\"name\":\"\"}",
                    RowFormat.NDJSON,
                    SCHEMA,
                    keyed,
                    allocator));

    assertThat(refusal.errors())
        .extracting(error -> error.row() + " " + error.column())
        .containsExactly("1 name", "2 name");
  }

  @Test
  void eventsHaveNoKeyOfTheirOwnWhereColumnsAreTheKey() {
    RowOptions keyed = RowOptions.DEFAULTS.withEventKeyColumns(List.of("id"));

    assertThatThrownBy(
            () ->
                Rows.read(
                    "{\"events\":[{\"key\":\"k\",\"row\":{\"id\":1}}]}",
                    RowFormat.JSON,
                    SCHEMA,
                    keyed,
                    allocator))
        .isInstanceOf(InvalidRowsException.class)
        .hasMessageContaining("takes event keys from its columns");
  }

  @ParameterizedTest
  @CsvSource({"x, Event key column 'x' is no column", "c, an event key has no lists and structs"})
  void keyColumnsHaveToBePlainColumns(String column, String reason) {
    assertThatThrownBy(
            () ->
                Rows.read(
                    "{}",
                    RowFormat.JSON,
                    Rows.schema("c INTEGER[]"),
                    RowOptions.DEFAULTS.withEventKeyColumns(List.of(column)),
                    allocator))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void rowsWithoutEventKeysHaveNone() {
    try (RowBatch rows =
        Rows.read("{\"id\":1}", RowFormat.JSON, SCHEMA, RowOptions.DEFAULTS, allocator)) {
      List<KeyHash> keys = rows.eventKeys();

      assertThat(keys).isNull();
    }
  }

  @Test
  void nestedDefaultsFillMissingColumns() {
    RowSchema schema =
        Rows.schema(
            "id BIGINT",
            "tags VARCHAR[] DEFAULT [\"x\", null]",
            "at STRUCT(p DOUBLE, q JSON[]) DEFAULT {\"p\":1,\"q\":[{\"a\": 1.0}]}",
            "ok BOOLEAN DEFAULT true");

    try (RowBatch rows =
        Rows.read(
            "{\"id\":1}\n{\"id\":2,\"tags\":[],\"ok\":false}\n{\"id\":3,\"at\":null}",
            RowFormat.NDJSON,
            schema,
            RowOptions.DEFAULTS,
            allocator)) {
      assertThat(Rows.values(rows))
          .containsExactly(
              List.of("1", "[x, null]", "{1.0, [{\"a\": 1.0}]}", "true"),
              List.of("2", "[]", "{1.0, [{\"a\": 1.0}]}", "false"),
              List.of("3", "[x, null]", "null", "true"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INTEGER | 1.5 | INTEGER is a whole number",
        "INTEGER | 1 2 | one JSON value",
        "INTEGER | '' | is a JSON value",
        "JSON | { | well-formed JSON",
        "DATE | \"today\" | DATE is a day",
      })
  void defaultsThatDoNotFitAreFoundBeforeRowsAre(String type, String json, String reason) {
    Column column = new Column(1, "c", TypeParser.parse(type), false, json);

    assertThatThrownBy(() -> JsonRows.checkDefault(column))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Default of column 'c' does not fit: ")
        .hasMessageContaining(reason);
  }

  @Test
  void failedRowsInsideNestedColumnsLeaveNoTrace() {
    RowSchema schema = Rows.schema("c STRUCT(a INTEGER[], b VARCHAR)[]");
    RowErrors errors = new RowErrors(10);
    RowReader reader = new RowReader(RowPlan.of(schema), RowOptions.DEFAULTS, errors);
    for (String row :
        List.of(
            "{\"c\":[{\"a\":[1,2],\"b\":\"x\"}]}",
            "{\"c\":[{\"a\":[3],\"b\":\"yyy\"},{\"a\":[4],\"b\":5}]}",
            "{\"c\":[null,{\"a\":[6]}]}")) {
      byte[] text = row.getBytes(UTF_8);
      long before = errors.count();
      try (JsonCursor cursor = new JsonCursor(text, 0, text.length, errors)) {
        cursor.parser().nextToken();
        reader.read(cursor);
      }
      if (errors.count() == before) {
        reader.keep(null);
      } else {
        reader.takeBack();
      }
    }

    try (RowBatch rows = reader.finish(schema, allocator)) {
      assertThat(Rows.values(rows))
          .containsExactly(List.of("[{[1, 2], x}]"), List.of("[null, {[6], null}]"));
    }
  }

  private List<List<String>> ndjson(String body) {
    try (RowBatch rows =
        Rows.read(body, RowFormat.NDJSON, SCHEMA, RowOptions.DEFAULTS, allocator)) {
      return Rows.values(rows);
    }
  }

  private List<List<String>> json(String body) {
    try (RowBatch rows = Rows.read(body, RowFormat.JSON, SCHEMA, RowOptions.DEFAULTS, allocator)) {
      return Rows.values(rows);
    }
  }

  private InvalidRowsException refused(String body, RowFormat format) {
    return catchThrowableOfType(
        InvalidRowsException.class,
        () -> Rows.read(body, format, SCHEMA, RowOptions.DEFAULTS, allocator));
  }
}

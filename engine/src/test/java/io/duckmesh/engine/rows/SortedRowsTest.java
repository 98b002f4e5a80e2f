package io.duckmesh.engine.rows;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.segment.KeyHashes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SortedRowsTest {
  private static final RowSchema SCHEMA = Rows.schema("id BIGINT NOT NULL", "name VARCHAR");

  private final BufferAllocator allocator = new RootAllocator();

  @AfterEach
  void nothingLeaks() {
    allocator.close();
  }

  @Test
  void linesThatDoNotFitAreKeptAsTheyWereSent() throws IOException {
    String body =
        """
        {"id":1,"name":"a"}
        {"id":"x", "name":"b"}

        not json
        {"id":2,"name":7,"more":1}
        {"id":3}
        """;

    try (SortedRows sorted = sort(body, RowFormat.NDJSON)) {
      assertThat(Rows.values(sorted.rows()))
          .containsExactly(List.of("1", "a"), List.of("3", "null"));
      RejectedRows rejected = sorted.rejected();
      assertThat(rejected.form()).isEqualTo(RejectedRows.Form.LINES);
      assertThat(rejected.rows()).extracting(RejectedRow::row).containsExactly(2L, 4L, 5L);
      assertThat(rejected.rows())
          .extracting(row -> new String(row.raw(), UTF_8))
          .containsExactly(
              "{\"id\":\"x\", \"name\":\"b\"}", "not json", "{\"id\":2,\"name\":7,\"more\":1}");
      assertThat(rejected.rows().getFirst().errors())
          .singleElement()
          .satisfies(
              error -> {
                assertThat(error.row()).isEqualTo(2);
                assertThat(error.column()).isEqualTo("id");
              });
      assertThat(rejected.rows().getLast().errors())
          .extracting(RowError::column)
          .containsExactly("name", "more");
    }
  }

  @Test
  void elementsOfAnArrayThatDoNotFitAreKept() throws IOException {
    try (SortedRows sorted =
        sort("[ {\"id\":1}, {\"id\": null,\n \"name\":\"é\"} , 5, {\"id\":2}]", RowFormat.JSON)) {
      assertThat(Rows.values(sorted.rows()))
          .containsExactly(List.of("1", "null"), List.of("2", "null"));
      assertThat(sorted.rejected().form()).isEqualTo(RejectedRows.Form.ARRAY);
      assertThat(new String(sorted.rejected().body(), UTF_8))
          .isEqualTo("[{\"id\": null,\n \"name\":\"é\"},5]");
    }
  }

  @Test
  void eventsThatDoNotFitAreKeptWithTheirKeys() throws IOException {
    try (SortedRows sorted =
        sort(
            """
            {"events":[{"key":"a","row":{"id":1}},{"key":"b","row":{"id":true}},
                       {"row":{"id":3}},{"key":"d","op":"delete","row":{"id":4}}]}
            """,
            RowFormat.JSON)) {
      assertThat(Rows.values(sorted.rows())).containsExactly(List.of("1", "null"));
      assertThat(sorted.rows().eventKeys()).hasSize(1);
      assertThat(sorted.rejected().form()).isEqualTo(RejectedRows.Form.EVENTS);
      assertThat(new String(sorted.rejected().body(), UTF_8))
          .isEqualTo(
              "{\"events\":[{\"key\":\"b\",\"row\":{\"id\":true}},{\"row\":{\"id\":3}},"
                  + "{\"key\":\"d\",\"op\":\"delete\",\"row\":{\"id\":4}}]}");
    }
  }

  @Test
  void anEventWhoseKeyDoesNotFitDecidesNothingForTheOthers() throws IOException {
    String body =
        """
        {"events":[{"key":5,"row":{"id":1}},{"key":"","row":{"id":2}},{"row":{"id":"x"}},
                   {"key":"a","row":{"id":3}},{"key":"b","row":{"id":4}},{"row":{"id":5}}]}
        """;

    try (SortedRows sorted = sort(body, RowFormat.JSON)) {
      assertThat(sorted.rows().eventKeys())
          .containsExactly(
              KeyHashes.eventKey("a".getBytes(UTF_8)), KeyHashes.eventKey("b".getBytes(UTF_8)));
      assertThat(sorted.rejected().rows())
          .extracting(RejectedRow::row)
          .containsExactly(1L, 2L, 3L, 6L);
    }
  }

  @Test
  void bodyWithoutAnyRowThatFitsHasNoRows() throws IOException {
    try (SortedRows sorted = sort("{\"id\":\"x\"}", RowFormat.JSON)) {
      assertThat(sorted.rows()).isNull();
      assertThat(new String(sorted.rejected().rows().getFirst().raw(), UTF_8))
          .isEqualTo("{\"id\":\"x\"}");
    }
  }

  @Test
  void bodyWhoseRowsAllFitHasNoRejectedOnes() throws IOException {
    try (SortedRows sorted = sort("[{\"id\":1}]", RowFormat.JSON)) {
      assertThat(sorted.rejected()).isNull();
    }
  }

  @Test
  void manyWrongRowsAreAllKept() throws IOException {
    try (SortedRows sorted = sort("{\"id\":\"x\"}\n".repeat(5_000), RowFormat.NDJSON)) {
      assertThat(sorted.rejected().rows())
          .hasSize(5_000)
          .allSatisfy(row -> assertThat(row.errors()).hasSize(1));
    }
  }

  @Test
  void bodyThatIsWrongAsAWholeIsRefused() {
    assertThatThrownBy(() -> sort("[{\"id\":\"x\"},{\"id\":", RowFormat.JSON))
        .isInstanceOf(InvalidRowsException.class);
    assertThatThrownBy(() -> sort("7", RowFormat.JSON)).isInstanceOf(InvalidRowsException.class);
    assertThatThrownBy(() -> sort("\n\n", RowFormat.NDJSON))
        .isInstanceOf(InvalidRowsException.class);
  }

  @Test
  void textOfARowReadsBackAsTheRow() throws IOException {
    RowSchema schema =
        Rows.schema(
            "a BOOLEAN",
            "b SMALLINT",
            "c INTEGER",
            "d BIGINT",
            "e REAL",
            "f DOUBLE",
            "g VARCHAR",
            "h DATE",
            "i TIME",
            "j TIMESTAMP",
            "k TIMESTAMPTZ",
            "l UUID",
            "m BLOB",
            "n JSON",
            "o DECIMAL(38,10)",
            "p DECIMAL(9,2)[]",
            "q STRUCT(x INTEGER, y VARCHAR[])");
    String body =
        """
        {"a":true,"b":-32768,"c":7,"d":9223372036854775807,"e":0.1,"f":1e300,"g":"a\\"\\n\\u00e9",\
        "h":"2026-01-31","i":"23:59:59.5","j":"2026-01-31T12:00:00.000001","k":"1969-12-31T23:59:59Z",\
        "l":"0190163d-8694-739b-aea5-966c26f8ad91","m":"AAEC","n":{"deep":[1,null,1.50]},\
        "o":1234567890123456789012345678.0000000001,"p":[0.00,null,-1.50],"q":{"x":1,"y":["z",null]}}
        {"e":"NaN","f":"-Infinity","n":"text"}
        """;
    try (SortedRows first = sort(body, RowFormat.NDJSON, schema)) {
      String text = RowText.json(first.rows(), 0) + "\n" + RowText.json(first.rows(), 1);
      try (SortedRows second = sort(text, RowFormat.NDJSON, schema)) {
        assertThat(second.rejected()).isNull();
        assertThat(Rows.values(second.rows())).isEqualTo(Rows.values(first.rows()));
      }
    }
  }

  private SortedRows sort(String body, RowFormat format) throws IOException {
    return sort(body, format, SCHEMA);
  }

  private SortedRows sort(String body, RowFormat format, RowSchema schema) throws IOException {
    return JsonRows.sort(
        new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)),
        format,
        schema,
        RowOptions.DEFAULTS,
        allocator);
  }
}

package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.JsonStyle;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.ResultFormat;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResultFormatTest {
  @TempDir static Path folder;
  private static QueryFixture fixture;

  @BeforeAll
  static void open() {
    fixture = new QueryFixture(folder);
  }

  @AfterAll
  static void closeWithoutLeaks() {
    fixture.close();
  }

  /** Expression, its JSON, its CSV where that differs. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          true | true |
          (-128)::TINYINT | -128 |
          (-32768)::SMALLINT | -32768 |
          (-2147483648)::INTEGER | -2147483648 |
          (-9223372036854775808)::BIGINT | -9223372036854775808 |
          9223372036854775807 | 9223372036854775807 |
          170141183460469231731687303715884105727::HUGEINT | 170141183460469231731687303715884105727 |
          (-170141183460469231731687303715884105728)::HUGEINT | -170141183460469231731687303715884105728 |
          255::UTINYINT | 255 |
          65535::USMALLINT | 65535 |
          4294967295::UINTEGER | 4294967295 |
          18446744073709551615::UBIGINT | 18446744073709551615 |
          340282366920938463463374607431768211455::UHUGEINT | 340282366920938463463374607431768211455 |
          123456789012345678901234567890123456789012345::BIGNUM | 123456789012345678901234567890123456789012345 |
          (-1)::BIGNUM | -1 |
          0::BIGNUM | 0 |
          1.50::DECIMAL(4,2) | 1.50 |
          (-0.05)::DECIMAL(4,2) | -0.05 |
          7::DECIMAL(9,0) | 7 |
          (-9007199254740993.01)::DECIMAL(18,2) | -9007199254740993.01 |
          (-99999999999999999999.000000000000000001)::DECIMAL(38,18) | -99999999999999999999.000000000000000001 |
          0.00000000000000000001::DECIMAL(38,20) | 0.00000000000000000001 |
          0.1::REAL | 0.1 |
          0.1::DOUBLE | 0.1 |
          1e300::DOUBLE | 1.0E300 |
          '-0.0'::DOUBLE | -0.0 |
          'nan'::DOUBLE | "NaN" | NaN
          'inf'::DOUBLE | "Infinity" | Infinity
          '-inf'::REAL | "-Infinity" | -Infinity
          'a' | "a" | a
          '' | "" | ""
          'ä€😀' | "ä€😀" | ä€😀
          'q"b\\c' | "q\\"b\\\\c" | "q""b\\c"
          concat('x', chr(10), chr(13), chr(9), chr(1)) | "x\\n\\r\\t\\u0001" | -
          'a,b' | "a,b" | "a,b"
          DATE '2026-01-31' | "2026-01-31" | 2026-01-31
          DATE '0044-03-15 (BC)' | "-0043-03-15" | -0043-03-15
          DATE '12345-01-01' | "12345-01-01" | 12345-01-01
          DATE 'infinity' | "infinity" | infinity
          TIME '00:00:00' | "00:00:00" | 00:00:00
          TIME '23:59:59.120' | "23:59:59.12" | 23:59:59.12
          '12:00:00.123456789'::TIME_NS | "12:00:00.123456789" | 12:00:00.123456789
          '12:30:00+05:45'::TIMETZ | "12:30:00+05:45" | 12:30:00+05:45
          '12:30:00-08'::TIMETZ | "12:30:00-08:00" | 12:30:00-08:00
          TIMESTAMP '1969-12-31 23:59:59.999999' | "1969-12-31T23:59:59.999999" | 1969-12-31T23:59:59.999999
          TIMESTAMP '-infinity' | "-infinity" | -infinity
          TIMESTAMPTZ '2026-01-31 12:00:00.500+02' | "2026-01-31T10:00:00.5Z" | 2026-01-31T10:00:00.5Z
          TIMESTAMPTZ 'infinity' | "infinity" | infinity
          '2026-01-31 12:00:01'::TIMESTAMP_S | "2026-01-31T12:00:01" | 2026-01-31T12:00:01
          '2026-01-31 12:00:01.005'::TIMESTAMP_MS | "2026-01-31T12:00:01.005" | 2026-01-31T12:00:01.005
          '1969-12-31 23:59:59.123456789'::TIMESTAMP_NS | "1969-12-31T23:59:59.123456789" | 1969-12-31T23:59:59.123456789
          '2026-01-31 12:00:01.5+01'::TIMESTAMPTZ_NS | "2026-01-31T11:00:01.5Z" | 2026-01-31T11:00:01.5Z
          INTERVAL '1 year 2 months 3 days 04:05:06.000007' | "P1Y2M3DT4H5M6.000007S" | P1Y2M3DT4H5M6.000007S
          INTERVAL '0 days' | "PT0S" | PT0S
          INTERVAL '-1 month' | "P-1M" | P-1M
          '00112233-4455-6677-8899-aabbccddeeff'::UUID | "00112233-4455-6677-8899-aabbccddeeff" | 00112233-4455-6677-8899-aabbccddeeff
          'f0112233-4455-6677-8899-aabbccddeeff'::UUID | "f0112233-4455-6677-8899-aabbccddeeff" | f0112233-4455-6677-8899-aabbccddeeff
          '\\x00\\xFF'::BLOB | "AP8=" | AP8=
          ''::BLOB | "" | ""
          '10101'::BIT | "10101" | 10101
          '1010101011'::BIT | "1010101011" | 1010101011
          '{"a": 1.50, "b": [null]}'::JSON | {"a": 1.50, "b": [null]} | "{""a"": 1.50, ""b"": [null]}"
          concat('{', chr(10), '"a": 1}')::JSON | { "a": 1} | "{ ""a"": 1}"
          'null'::JSON | null | null
          'b'::ENUM ('a', 'b') | "b" | b
          [1, NULL, 3] | [1,null,3] | "[1,null,3]"
          []::INTEGER[] | [] | []
          [['a'], [], NULL] | [["a"],[],null] | "[[""a""],[],null]"
          [1, 2, 3]::INTEGER[3] | [1,2,3] | "[1,2,3]"
          [['a', NULL], ['b', 'c']]::VARCHAR[2][2] | [["a",null],["b","c"]] | "[[""a"",null],[""b"",""c""]]"
          {'a': 1, 'b c': 'x"', 'd': NULL} | {"a":1,"b c":"x\\"","d":null} | "{""a"":1,""b c"":""x\\\"\"\"\",""d"":null}"
          [{'u': '00112233-4455-6677-8899-aabbccddeeff'::UUID}] | [{"u":"00112233-4455-6677-8899-aabbccddeeff"}] | "[{""u"":""00112233-4455-6677-8899-aabbccddeeff""}]"
          {'j': '[1.0]'::JSON, 'b': true, 'h': 1::HUGEINT} | {"j":[1.0],"b":true,"h":1} | "{""j"":[1.0],""b"":true,""h"":1}"
          row(1, 'a') | {"element1":1,"element2":"a"} | "{""element1"":1,""element2"":""a""}"
          MAP {'k"1': 1, 'k2': NULL} | {"k\\"1":1,"k2":null} | "{""k\\""1"":1,""k2"":null}"
          MAP {1: ['a'], 2: []} | {"1":["a"],"2":[]} | "{""1"":[""a""],""2"":[]}"
          MAP {DATE '2026-01-31': true} | {"2026-01-31":true} | "{""2026-01-31"":true}"
          NULL | null | -
          NULL::INTEGER[] | null | -
          """)
  void everyTypeIsWrittenAsJsonAndCsv(String expression, String json, String csv) {
    String sql = "SELECT " + expression + " AS v";

    assertThat(fixture.query(ResultFormat.JSON_ROWS, sql)).isEqualTo("[[" + json + "]]");
    assertThat(fixture.query(ResultFormat.NDJSON, sql)).isEqualTo("{\"v\":" + json + "}\n");
    if (!"-".equals(csv)) {
      assertThat(fixture.query(ResultFormat.CSV, sql))
          .isEqualTo("v\r\n" + (csv == null ? json : csv) + "\r\n");
    }
    assertThat(arrowRows(sql)).isEqualTo(1);
  }

  /** Expression, and its JSON with integers and decimals as strings. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          (-9223372036854775808)::BIGINT | "-9223372036854775808"
          18446744073709551615::UBIGINT | "18446744073709551615"
          170141183460469231731687303715884105727::HUGEINT | "170141183460469231731687303715884105727"
          5::UHUGEINT | "5"
          (-1)::BIGNUM | "-1"
          (-9007199254740993.01)::DECIMAL(18,2) | "-9007199254740993.01"
          0.00000000000000000001::DECIMAL(38,20) | "0.00000000000000000001"
          2147483647::INTEGER | 2147483647
          4294967295::UINTEGER | 4294967295
          1.5::DOUBLE | 1.5
          '1.50'::JSON | 1.50
          NULL::BIGINT | null
          [1::BIGINT, NULL] | ["1",null]
          {'a': 1::BIGINT, 'b': 2::INTEGER, 'c': [1.50::DECIMAL(4,2)]} | {"a":"1","b":2,"c":["1.50"]}
          MAP {1::BIGINT: 2::BIGINT} | {"1":"2"}
          """)
  void longNumbersAreStringsInJsonWhereTheStyleSaysSo(String expression, String json)
      throws IOException {
    JsonStyle strings = new JsonStyle(JsonStyle.Numbers.STRING, JsonStyle.Numbers.STRING);
    String sql = "SELECT " + expression + " AS v";

    assertThat(styled(ResultFormat.JSON_ROWS, strings, sql)).isEqualTo("[[" + json + "]]");
    assertThat(styled(ResultFormat.NDJSON, strings, sql)).isEqualTo("{\"v\":" + json + "}\n");
    assertThat(styled(ResultFormat.CSV, strings, sql))
        .isEqualTo(fixture.query(ResultFormat.CSV, sql));
  }

  @Test
  void integersAndDecimalsAreChosenApart() throws IOException {
    String sql = "SELECT 1::BIGINT, 1.50";

    assertThat(
            styled(
                ResultFormat.JSON_ROWS,
                new JsonStyle(JsonStyle.Numbers.STRING, JsonStyle.Numbers.NUMBER),
                sql))
        .isEqualTo("[[\"1\",1.50]]");
    assertThat(
            styled(
                ResultFormat.JSON_ROWS,
                new JsonStyle(JsonStyle.Numbers.NUMBER, JsonStyle.Numbers.STRING),
                sql))
        .isEqualTo("[[1,\"1.50\"]]");
  }

  private static String styled(ResultFormat format, JsonStyle style, String sql)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (QueryExecution execution = fixture.start(sql)) {
      execution.write(format, style, out);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void nullIsNothingInCsvAndEmptyTextIsQuoted() {
    assertThat(
            fixture.query(
                ResultFormat.CSV,
                "SELECT NULL AS a, '' AS \"b,c\", 'x' || chr(13) || chr(10) || 'y' AS d"))
        .isEqualTo("a,\"b,c\",d\r\n,\"\",\"x\r\ny\"\r\n");
  }

  @Test
  void namesAreEscapedInNdjson() {
    assertThat(fixture.query(ResultFormat.NDJSON, "SELECT 1 AS \"a\"\"b\\\", 2 AS ä"))
        .isEqualTo("{\"a\\\"b\\\\\":1,\"ä\":2}\n");
  }

  @Test
  void answerWithoutRowsIsWholeInEveryFormat() {
    String sql = "SELECT 1 AS a WHERE false";

    assertThat(fixture.query(ResultFormat.JSON_ROWS, sql)).isEqualTo("[]");
    assertThat(fixture.query(ResultFormat.NDJSON, sql)).isEmpty();
    assertThat(fixture.query(ResultFormat.CSV, sql)).isEqualTo("a\r\n");
    assertThat(arrowRows(sql)).isZero();
  }

  @Test
  void manyRowsAreWrittenInOrder() {
    String answer = fixture.query(ResultFormat.CSV, "SELECT i, 'x' || i FROM range(20000) t(i)");

    List<String> lines = answer.lines().toList();
    assertThat(lines).hasSize(20_001);
    assertThat(lines.get(1)).isEqualTo("0,x0");
    assertThat(lines.get(20_000)).isEqualTo("19999,x19999");
  }

  @Test
  void veryLongTextIsWritten() {
    String answer = fixture.query("SELECT repeat('ä\"', 300000)");

    assertThat(answer).isEqualTo("[[\"" + "ä\\\"".repeat(300_000) + "\"]]");
  }

  @Test
  void arrowKeepsTypesAndValues() throws IOException {
    String sql =
        """
        SELECT i, (i * 1.5)::DECIMAL(18, 2) AS d, 'text ' || i AS t, [i] AS l,
          ['a', 'b'][1 + i % 2]::ENUM ('a', 'b') AS e
        FROM range(5000) t(i)
        """;
    byte[] bytes;
    try (QueryExecution execution = fixture.start(sql)) {
      bytes = QueryFixture.bytes(ResultFormat.ARROW, execution);
    }

    try (BufferAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(bytes), allocator)) {
      long rows = 0;
      while (reader.loadNextBatch()) {
        VectorSchemaRoot root = reader.getVectorSchemaRoot();
        assertThat(root.getVector("i").getObject(0)).isEqualTo(rows);
        assertThat(root.getVector("t").getObject(0)).hasToString("text " + rows);
        rows += root.getRowCount();
      }
      assertThat(rows).isEqualTo(5_000);
      assertThat(reader.getDictionaryVectors()).hasSize(1);
    }
  }

  @Test
  void allTypesOfDuckDbAtOnceAreWrittenInEveryFormat() {
    // The guard refuses this function, as it refuses all that are made for tests.
    for (ResultFormat format : ResultFormat.values()) {
      // Its integers of 128 bits have more digits than Parquet holds.
      String left =
          format == ResultFormat.PARQUET
              ? "geometry, \"union\", hugeint, uhugeint"
              : "geometry, \"union\"";
      String sql = "SELECT * EXCLUDE (%s) FROM test_all_types()".formatted(left);
      CheckedQuery forged = new CheckedQuery(sql, Set.of(), "{}", true, true);
      try (QueryExecution execution =
          fixture.engine.start(
              "q-1",
              QueryFixture.TENANT,
              forged,
              List.of(),
              QueryParameters.NONE,
              QueryLimits.DEFAULTS)) {
        assertThat(QueryFixture.bytes(format, execution))
            .as(format.name())
            .hasSizeGreaterThan(1_000);
      }
    }
  }

  @Test
  void variantIsRejectedWithTheWayOut() {
    assertThatThrownBy(() -> fixture.start("SELECT '{}'::JSON::VARIANT AS v"))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("Type VARIANT is not allowed: no answer holds it; JSON is (line 1, column 20)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "union_value(n := 5)",
        "'x'::UNION(a INTEGER, b VARCHAR)",
        "[union_value(n := 5)]",
        "{'a': union_value(n := NULL::DATE)}",
        "union_value(n := NULL)",
        "(SELECT histogram(union_value(u := [range])) FROM range(3))",
        "(SELECT list(union_value(u := range::DECIMAL(9,2))) FROM range(3))",
      })
  void unionIsRejected(String expression) {
    assertThatThrownBy(() -> fixture.start("SELECT " + expression + " AS v"))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessageContaining("which no answer holds; cast it to JSON");
  }

  private static long arrowRows(String sql) {
    try (QueryExecution execution = fixture.start(sql);
        BufferAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(
                new ByteArrayInputStream(QueryFixture.bytes(ResultFormat.ARROW, execution)),
                allocator)) {
      long rows = 0;
      while (reader.loadNextBatch()) {
        rows += reader.getVectorSchemaRoot().getRowCount();
      }
      return rows;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}

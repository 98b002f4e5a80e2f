package io.duckmesh.engine.query.duckdb;

import static io.duckmesh.engine.parquet.RowBatches.row;
import static io.duckmesh.engine.parquet.RowBatches.schema;
import static io.duckmesh.engine.query.duckdb.QueryFixture.positional;
import static io.duckmesh.engine.query.duckdb.QueryFixture.table;
import static io.duckmesh.engine.query.duckdb.QueryFixture.tableAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.ParameterValue;
import io.duckmesh.engine.query.ParameterValue.Plain;
import io.duckmesh.engine.query.ParameterValue.Typed;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.rows.InvalidRowsException;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.ColumnType.Struct;
import io.duckmesh.engine.schema.ColumnType.StructField;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParametersTest {
  private static final RowSchema EVENTS = schema("id INTEGER", "name VARCHAR", "day DATE");

  @TempDir private static Path folder;
  private static QueryFixture fixture;
  private static BoundTable events;

  @BeforeAll
  static void open() {
    fixture = new QueryFixture(folder);
    events =
        table(
            "events",
            EVENTS,
            fixture.file(EVENTS, row(1, "a", 0), row(2, "it's", 1), row(3, null, 2)));
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  private static String answer(String sql, QueryParameters parameters, BoundTable... tables) {
    return answer(ResultFormat.JSON_ROWS, sql, parameters, tables);
  }

  private static String answer(
      ResultFormat format, String sql, QueryParameters parameters, BoundTable... tables) {
    try (QueryExecution execution = fixture.start(sql, parameters, tables)) {
      return QueryFixture.text(format, execution);
    }
  }

  private static Typed typed(String type, String json) {
    return Typed.fromJson(TypeParser.parse(type), json);
  }

  private static QueryParameters named(Map<String, ParameterValue> values) {
    return new QueryParameters.Named(values);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          BOOLEAN | true | true | true
          BOOLEAN | null | null |
          SMALLINT | -32768 | -32768 | -32768
          INTEGER | 2147483647 | 2147483647 | 2147483647
          BIGINT | 9223372036854775807 | 9223372036854775807 | 9223372036854775807
          BIGINT | "-9223372036854775808" | -9223372036854775808 | -9223372036854775808
          REAL | 0.1 | 0.1 | 0.1
          REAL | "NaN" | "NaN" | NaN
          DOUBLE | 1.7976931348623157e308 | 1.7976931348623157E308 | 1.7976931348623157E308
          DOUBLE | 4.9e-324 | 4.9E-324 | 4.9E-324
          DOUBLE | "-Infinity" | "-Infinity" | -Infinity
          DECIMAL(5,2) | 1.50 | 1.50 | 1.50
          DECIMAL(38,0) | 99999999999999999999999999999999999999 | 99999999999999999999999999999999999999 | 99999999999999999999999999999999999999
          DECIMAL(38,38) | "-0.12345678901234567890123456789012345678" | -0.12345678901234567890123456789012345678 | -0.12345678901234567890123456789012345678
          VARCHAR | "it's \\"x\\"\\n€ 😀" | "it's \\"x\\"\\n€ 😀" | "it's ""x""\\n€ 😀"
          VARCHAR | "" | "" | ""
          DATE | "0001-01-01" | "0001-01-01" | 0001-01-01
          DATE | "9999-12-31" | "9999-12-31" | 9999-12-31
          TIME | "23:59:59.999999" | "23:59:59.999999" | 23:59:59.999999
          TIMESTAMP | "2026-01-31T12:34:56.000001" | "2026-01-31T12:34:56.000001" | 2026-01-31T12:34:56.000001
          TIMESTAMPTZ | "2026-01-31T12:34:56.5+02:00" | "2026-01-31T10:34:56.5Z" | 2026-01-31T10:34:56.5Z
          TIMESTAMPTZ | "0001-01-01T00:00:00Z" | "0001-01-01T00:00:00Z" | 0001-01-01T00:00:00Z
          UUID | "00112233-4455-6677-8899-aabbccddeeff" | "00112233-4455-6677-8899-aabbccddeeff" | 00112233-4455-6677-8899-aabbccddeeff
          BLOB | "AP9cJ3g=" | "AP9cJ3g=" | AP9cJ3g=
          BLOB | "" | "" | ""
          JSON | {"a":[1.50,null,"x"]} | {"a":[1.50,null,"x"]} | "{""a"":[1.50,null,""x""]}"
          JSON | 12345678901234567890.123456789 | 12345678901234567890.123456789 | 12345678901234567890.123456789
          INTEGER[] | [1,null,3] | [1,null,3] | "[1,null,3]"
          INTEGER[] | [] | [] | []
          DATE[][] | [["2026-01-31"],[],null] | [["2026-01-31"],[],null] | "[[""2026-01-31""],[],null]"
          DECIMAL(38,2)[] | [123456789012345678901234567890123456.78] | [123456789012345678901234567890123456.78] | [123456789012345678901234567890123456.78]
          BIGINT[] | [9007199254740993] | [9007199254740993] | [9007199254740993]
          BLOB[] | ["AP8="] | ["AP8="] | "[""AP8=""]"
          STRUCT(a INTEGER, "b c" VARCHAR[], d STRUCT(e TIMESTAMPTZ)) | {"a":1,"b c":["x,y","}"],"d":{"e":"2026-01-31T00:00:00Z"}} | {"a":1,"b c":["x,y","}"],"d":{"e":"2026-01-31T00:00:00Z"}} | "{""a"":1,""b c"":[""x,y"",""}""],""d"":{""e"":""2026-01-31T00:00:00Z""}}"
          STRUCT(a DECIMAL(20,10), u UUID)[] | [{"a":1.0123456789,"u":null}] | [{"a":1.0123456789,"u":null}] | "[{""a"":1.0123456789,""u"":null}]"
          """)
  void valueOfEveryTypeComesBackAsItWent(String type, String json, String expected, String csv)
      throws IOException {
    String sql = "SELECT $v AS v, typeof($v) AS t";
    ColumnType parsed = TypeParser.parse(type);
    QueryParameters parameters = named(Map.of("v", typed(type, json)));

    assertThat(answer(sql, parameters)).isEqualTo("[[%s,\"%s\"]]".formatted(expected, name(type)));
    assertThat(answer(ResultFormat.NDJSON, "SELECT $v AS v", parameters))
        .isEqualTo("{\"v\":%s}\n".formatted(expected));
    assertThat(answer(ResultFormat.CSV, "SELECT $v AS v", parameters))
        .isEqualTo("v\r\n%s\r\n".formatted(csv == null ? "" : csv.replace("\\n", "\n")));
    try (QueryExecution execution = fixture.start("SELECT $v AS v", parameters);
        BufferAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(
                new ByteArrayInputStream(QueryFixture.bytes(ResultFormat.ARROW, execution)),
                allocator)) {
      assertThat(execution.columns().getFirst().type()).isEqualTo(parsed.toString());
      assertThat(reader.loadNextBatch()).isTrue();
      assertThat(reader.getVectorSchemaRoot().getRowCount()).isEqualTo(1);
      assertThat(CellText.of(reader)).isEqualTo(expected);
    }
  }

  /** Where DuckDB's name of a type is not ours. */
  private static String name(String type) {
    return type.replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")
        .replace("REAL", "FLOAT")
        .replace("\"", "\\\"");
  }

  @Test
  void namedValuesAreBoundWhereverTheirNameStands() {
    assertThat(
            answer(
                """
                WITH c AS (SELECT * FROM events WHERE name = $Name)
                SELECT id, $x::VARCHAR || $name FROM c WHERE id IN (SELECT $X) OR $name = 'none'
                """,
                named(Map.of("name", new Plain("it's"), "x", new Plain(2L))),
                events))
        .isEqualTo("[[2,\"2it's\"]]");
  }

  @Test
  void namesThatLookLikeTextStayText() {
    assertThat(
            answer(
                "SELECT '$name', $$ $name $$, \"$name\" /* $name */ FROM (SELECT $name AS \"$name\")",
                named(Map.of("name", new Plain("v")))))
        .isEqualTo("[[\"$name\",\" $name \",\"v\"]]");
  }

  @Test
  void typedValuesAreBoundByPositionToo() {
    assertThat(
            answer(
                "SELECT id FROM events WHERE day = ? AND id < ? LIMIT ?",
                positional(typed("DATE", "\"1970-01-02\""), 3L, typed("SMALLINT", "5")),
                events))
        .isEqualTo("[[2]]");
  }

  @Test
  void numbersMayComeInAnyOrderAndTwice() {
    assertThat(answer("SELECT $2, $1, $2", positional("a", "b")))
        .isEqualTo("[[\"b\",\"a\",\"b\"]]");
    assertThat(answer("SELECT $2, $1, $2", positional(typed("DATE", "null"), "b")))
        .isEqualTo("[[\"b\",null,\"b\"]]");
  }

  @Test
  void listIsUsedAsAListOfValues() {
    assertThat(
            answer(
                "SELECT id FROM events WHERE id IN (SELECT unnest($ids)) ORDER BY id",
                named(Map.of("ids", typed("BIGINT[]", "[3, 1, 7]"))),
                events))
        .isEqualTo("[[1],\n[3]]");
    assertThat(
            answer(
                "SELECT id FROM events WHERE list_contains($1, id) ORDER BY id",
                positional(typed("INTEGER[]", "[3, 1, 7]")),
                events))
        .isEqualTo("[[1],\n[3]]");
  }

  @Test
  void parametersStandBesideVersions() {
    BoundTable old = tableAt(3, "events", EVENTS, fixture.file(EVENTS, row(9, "old", 0)));

    assertThat(
            answer(
                """
                SELECT now.id, old.id FROM events now, events old AT (VERSION => 3)
                WHERE now.id = $id AND old.name = $name
                """,
                named(Map.of("id", new Plain(1L), "name", new Plain("old"))),
                events,
                old))
        .isEqualTo("[[1,9]]");
  }

  @Test
  void valueNeverBecomesPartOfTheStatement() {
    String hostile = "'; SELECT * FROM read_text('/etc/passwd'); --";

    assertThat(
            answer(
                "SELECT count(*) FROM events WHERE name = $a OR name = $b",
                named(Map.of("a", new Plain(hostile), "b", typed("VARCHAR", "\"x' OR 1=1\""))),
                events))
        .isEqualTo("[[0]]");
  }

  @Test
  void plainValuesHaveTheTypesOfTheirKinds() {
    assertThat(
            answer(
                "SELECT typeof(?), typeof(?), typeof(?), typeof(?), typeof(?)",
                positional(true, 1L, 1.5, new BigDecimal("12.50"), "x")))
        .isEqualTo("[[\"BOOLEAN\",\"BIGINT\",\"DOUBLE\",\"DECIMAL(4,2)\",\"VARCHAR\"]]");
  }

  @Test
  void typeThatIsNoSqlIsRefused() {
    Struct nameless = new Struct(List.of(new StructField("", Primitive.BIGINT)));

    assertThatThrownBy(() -> answer("SELECT $1", positional(new Typed(nameless, "{}"))))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessageContaining("A parameter can not be of type");
  }

  @Test
  void valuesAndParametersHaveToFitEachOther() {
    assertThatThrownBy(() -> answer("SELECT $a", named(Map.of())))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("Parameter $a has no value");
    assertThatThrownBy(() -> answer("SELECT 1", named(Map.of("a", new Plain(1L)))))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("A value is given for parameter $a, which the statement does not have");
    assertThatThrownBy(() -> answer("SELECT $a", positional(1L)))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("Parameter $a has no value");
    assertThatThrownBy(() -> answer("SELECT ?, ?", positional(1L)))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("Statement has 2 parameters, but 1 value was given");
    assertThatThrownBy(() -> answer("SELECT $2", positional(1L, 2L)))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("Statement has parameters $2, but 2 values were given; the n-th is for $n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          SMALLINT | 32768 | 32768
          INTEGER | 1.5 | 1.5
          BIGINT | 9223372036854775808 | 9223372036854775808
          DECIMAL(5,2) | 1.555 | 1.555
          DATE | "2026-02-30" | "2026-02-30"
          TIMESTAMPTZ | "2026-01-31T12:00:00" | "2026-01-31T12:00:00"
          UUID | "x" | "x"
          BOOLEAN | 1 | 1
          INTEGER[] | [1, "x"] | "x"
          STRUCT(a INTEGER) | {"b": 1} | 1
          """)
  void valueThatDoesNotFitItsTypeIsRefusedWithItsRule(String type, String json, String value) {
    assertThatThrownBy(() -> typed(type, json))
        .isInstanceOfSatisfying(
            InvalidRowsException.class,
            e -> {
              assertThat(e.errors().getFirst().value()).isEqualTo(value);
              assertThat(e.errors().getFirst().rule()).isNotBlank();
            });
  }

  @Test
  void numberOfMoreDigitsThanADecimalHasIsRefused() {
    for (String number : new String[] {"1e38", "1e-39", "1e2147483647", "1e-2147483647"}) {
      assertThatThrownBy(() -> new Plain(new BigDecimal(number)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("A number has at most 38 digits as a DECIMAL");
    }
  }
}

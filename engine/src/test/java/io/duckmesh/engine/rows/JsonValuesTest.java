package io.duckmesh.engine.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.schema.RowSchema;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each type takes and refuses. */
class JsonValuesTest {
  private final BufferAllocator allocator = new RootAllocator();

  @AfterEach
  void nothingLeaks() {
    allocator.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0001',
      value = {
        "BOOLEAN | true | true",
        "BOOLEAN | false | false",
        "SMALLINT | -32768 | -32768",
        "SMALLINT | 32767 | 32767",
        "INTEGER | -2147483648 | -2147483648",
        "INTEGER | 2147483647 | 2147483647",
        "INTEGER | -0 | 0",
        "BIGINT | -9223372036854775808 | -9223372036854775808",
        "BIGINT | 9223372036854775807 | 9223372036854775807",
        "BIGINT | 9007199254740993 | 9007199254740993",
        "BIGINT | \"9223372036854775807\" | 9223372036854775807",
        "BIGINT | \"-5\" | -5",
        "REAL | 0.1 | 0.1",
        "REAL | 3.4028235e38 | 3.4028235E38",
        "REAL | \"NaN\" | NaN",
        "DOUBLE | 1 | 1.0",
        "DOUBLE | -0 | -0.0",
        "DOUBLE | -0.0 | -0.0",
        "DOUBLE | 0.1 | 0.1",
        "DOUBLE | 123456789.012345 | 1.23456789012345E8",
        "DOUBLE | 0.30000000000000004 | 0.30000000000000004",
        "DOUBLE | 1.7976931348623157e308 | 1.7976931348623157E308",
        "DOUBLE | 5e-324 | 4.9E-324",
        "DOUBLE | 9007199254740993 | 9.007199254740992E15",
        "DOUBLE | \"Infinity\" | Infinity",
        "DOUBLE | \"-Infinity\" | -Infinity",
        "DECIMAL(18,2) | 9007199254740993.01 | 9007199254740993.01",
        "DECIMAL(18,2) | -0.05 | -0.05",
        "DECIMAL(18,2) | 1.5 | 1.50",
        "DECIMAL(18,2) | 1.5000000000000000000000 | 1.50",
        "DECIMAL(18,2) | 15e-1 | 1.50",
        "DECIMAL(18,2) | 1E3 | 1000.00",
        "DECIMAL(18,2) | \"-12.30\" | -12.30",
        "DECIMAL(18,2) | -0 | 0.00",
        "DECIMAL(18,2) | 0e99999 | 0.00",
        "DECIMAL(3,3) | 0.999 | 0.999",
        "DECIMAL(5,0) | 12345 | 12345",
        "DECIMAL(5,0) | 12345.000 | 12345",
        "DECIMAL(38,0) | 99999999999999999999999999999999999999 | 99999999999999999999999999999999999999",
        "DECIMAL(38,10) | -1234567890123456789012345678.0123456789 | -1234567890123456789012345678.0123456789",
        "VARCHAR | \"\" | ''",
        "VARCHAR | \"a\\\"b\\\\c\\/\\td\" | a\"b\\c/\td",
        "VARCHAR | \"Zürich 東京 🦆\" | Zürich 東京 🦆",
        "VARCHAR | \"\\u00fc\\uD83E\\uDD86\" | ü🦆",
        "DATE | \"1970-01-01\" | 0",
        "DATE | \"0001-01-01\" | -719162",
        "DATE | \"2024-02-29\" | 19782",
        "DATE | \"2000-02-29\" | 11016",
        "DATE | \"9999-12-31\" | 2932896",
        "TIME | \"00:00:00\" | 0",
        "TIME | \"23:59:59.999999\" | 86399999999",
        "TIME | \"01:02:03.5\" | 3723500000",
        "TIME | \"01:02:03.123456000\" | 3723123456",
        "TIMESTAMP | \"1970-01-01T00:00:00\" | 1970-01-01T00:00",
        "TIMESTAMP | \"2026-01-31 23:59:59.123456\" | 2026-01-31T23:59:59.123456",
        "TIMESTAMPTZ | \"1970-01-01T00:00:00Z\" | 0",
        "TIMESTAMPTZ | \"0001-01-01T00:01:00+00:01\" | -62135596800000000",
        "TIMESTAMPTZ | \"9999-12-31T23:58:59.999999-00:01\" | 253402300799999999",
        "TIMESTAMPTZ | \"1970-01-01T01:00:00+01:00\" | 0",
        "TIMESTAMPTZ | \"1969-12-31t23:59:59.999999z\" | -1",
        "TIMESTAMPTZ | \"2013-01-01 10:00:00.25-05:30\" | 1357054200250000",
        "UUID | \"0190163D-8694-739b-aea5-966c26f8ad91\" | 0190163d-8694-739b-aea5-966c26f8ad91",
        "UUID | \"ffffffff-ffff-ffff-ffff-ffffffffffff\" | ffffffff-ffff-ffff-ffff-ffffffffffff",
        "BLOB | \"\" | ''",
        "BLOB | \"AA==\" | 00",
        "BLOB | \"+/8=\" | fbff",
        "BLOB | \"AQID\" | 010203",
        "JSON | 1.50 | 1.50",
        "JSON | {\"b\" : [1.50,  \"\\u00e4\" ], \"b\":1e400} | {\"b\" : [1.50,  \"\\u00e4\" ], \"b\":1e400}",
        "JSON | \"x\\uD83E\\uDD86\" | \"x\\uD83E\\uDD86\"",
        "JSON | true | true",
        "JSON | [ ] | [ ]",
        "INTEGER[] | [] | []",
        "INTEGER[] | [1,null,3] | [1, null, 3]",
        "VARCHAR[][] | [[\"a\"],null,[]] | [[a], null, []]",
        "STRUCT(a INTEGER, b VARCHAR) | {\"b\":\"x\",\"a\":1} | {1, x}",
        "STRUCT(a INTEGER, b VARCHAR) | {} | {null, null}",
        "STRUCT(a JSON, p STRUCT(x DOUBLE)[])[] | [{\"a\":{\"k\": 1},\"p\":[{\"x\":1},null]},null] | [{{\"k\": 1}, [{1.0}, null]}, null]",
      })
  void valuesThatFitAreTakenExactly(String type, String json, String expected) {
    assertThat(read(type, json)).isEqualTo(expected.equals("''") ? "" : expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0001',
      value = {
        "BOOLEAN | 1 | BOOLEAN is true or false",
        "BOOLEAN | \"true\" | BOOLEAN is true or false",
        "SMALLINT | 32768 | SMALLINT is a whole number from -32768 to 32767",
        "INTEGER | 2147483648 | INTEGER is a whole number from -2147483648 to 2147483647",
        "INTEGER | true | INTEGER is a whole number",
        "INTEGER | 1.0 | INTEGER is a whole number",
        "INTEGER | 1e2 | INTEGER is a whole number",
        "INTEGER | \"5\" | INTEGER is a whole number",
        "INTEGER | [1] | INTEGER is a whole number",
        "BIGINT | 1.6 | BIGINT is a whole number",
        "BIGINT | 9223372036854775808 | BIGINT is a whole number",
        "BIGINT | -9223372036854775809 | BIGINT is a whole number",
        "BIGINT | 99999999999999999999999999999999999999999 | BIGINT is a whole number",
        "BIGINT | \"\" | BIGINT is a whole number",
        "BIGINT | \"-\" | BIGINT is a whole number",
        "BIGINT | \" 5\" | BIGINT is a whole number",
        "BIGINT | \"+5\" | BIGINT is a whole number",
        "BIGINT | \"007\" | BIGINT is a whole number",
        "BIGINT | \"9223372036854775808\" | BIGINT is a whole number",
        "REAL | 3.5e38 | REAL is a number from -3.4028235E38 to 3.4028235E38",
        "REAL | true | REAL is a number",
        "DOUBLE | 1e400 | DOUBLE is a number from -1.7976931348623157E308",
        "DOUBLE | \"1.5\" | DOUBLE is a number",
        "DOUBLE | \"nan\" | DOUBLE is a number",
        "DECIMAL(18,2) | 1.005 | DECIMAL(18,2) is a number of at most 16 digits before and 2 after",
        "DECIMAL(18,2) | 12345678901234567 | DECIMAL(18,2) is a number of at most 16 digits",
        "DECIMAL(3,1) | 100 | DECIMAL(3,1) is a number of at most 2 digits",
        "DECIMAL(3,3) | 1 | DECIMAL(3,3) is a number of at most 0 digits",
        "DECIMAL(38,0) | 100000000000000000000000000000000000000 | DECIMAL(38,0) is a number",
        "DECIMAL(18,2) | 1e999999999 | DECIMAL(18,2) is a number",
        "DECIMAL(18,2) | 1e-999999999 | DECIMAL(18,2) is a number",
        "DECIMAL(18,2) | 1e99999999999 | DECIMAL(18,2) is a number",
        "DECIMAL(18,2) | \"1,5\" | DECIMAL(18,2) is a number",
        "DECIMAL(18,2) | \".5\" | DECIMAL(18,2) is a number",
        "DECIMAL(18,2) | \"5.\" | DECIMAL(18,2) is a number",
        "DECIMAL(18,2) | \"1e\" | DECIMAL(18,2) is a number",
        "DECIMAL(18,2) | \"٣\" | DECIMAL(18,2) is a number",
        "DECIMAL(18,2) | false | DECIMAL(18,2) is a number",
        "VARCHAR | 1 | VARCHAR is a string",
        "VARCHAR | {\"a\":1} | VARCHAR is a string",
        "VARCHAR | \"x\\uD83E\" | without half a surrogate pair",
        "VARCHAR | \"\\uDD86\\uD83E\" | without half a surrogate pair",
        "DATE | \"2023-02-29\" | DATE is a day",
        "DATE | \"1900-02-29\" | DATE is a day",
        "DATE | \"2023-13-01\" | DATE is a day",
        "DATE | \"2023-00-01\" | DATE is a day",
        "DATE | \"2023-04-31\" | DATE is a day",
        "DATE | \"0000-01-01\" | DATE is a day",
        "DATE | \"2023-1-1\" | DATE is a day",
        "DATE | \"2023-01-01T00:00:00\" | DATE is a day",
        "DATE | 19000 | DATE is a day",
        "TIME | \"24:00:00\" | TIME is a time of day",
        "TIME | \"23:60:00\" | TIME is a time of day",
        "TIME | \"23:59:60\" | TIME is a time of day",
        "TIME | \"23:59\" | TIME is a time of day",
        "TIME | \"23:59:59.\" | TIME is a time of day",
        "TIME | \"23:59:59.1234567\" | with at most 6 decimals",
        "TIMESTAMP | \"2026-01-31T00:00:00Z\" | TIMESTAMP is a time without zone",
        "TIMESTAMP | \"2026-01-31T00:00:00+00:00\" | TIMESTAMP is a time without zone",
        "TIMESTAMP | \"2026-01-31\" | TIMESTAMP is a time without zone",
        "TIMESTAMP | 0 | TIMESTAMP is a time without zone",
        "TIMESTAMPTZ | \"2026-01-31T00:00:00\" | TIMESTAMPTZ is a time with zone",
        "TIMESTAMPTZ | \"2026-01-31T00:00:00.0000001Z\" | with at most 6 decimals",
        "TIMESTAMPTZ | \"2026-01-31T00:00:00+0100\" | TIMESTAMPTZ is a time with zone",
        "TIMESTAMPTZ | \"2026-01-31T00:00:00+24:00\" | TIMESTAMPTZ is a time with zone",
        "TIMESTAMPTZ | \"2026-01-31T00:00:00 UTC\" | TIMESTAMPTZ is a time with zone",
        "TIMESTAMPTZ | \"9999-12-31T23:59:59-00:01\" | TIMESTAMPTZ is a time with zone",
        "TIMESTAMPTZ | \"0001-01-01T00:00:00+00:01\" | TIMESTAMPTZ is a time with zone",
        "TIMESTAMPTZ | \"Z\" | TIMESTAMPTZ is a time with zone",
        "TIMESTAMPTZ | \"\" | TIMESTAMPTZ is a time with zone",
        "UUID | \"0190163d8694739baea5966c26f8ad91\" | UUID is a string such as",
        "UUID | \"0190163d-8694-739b-aea5-966c26f8ad9g\" | UUID is a string such as",
        "UUID | \"0190163d-8694-739b-aea5+966c26f8ad91\" | UUID is a string such as",
        "BLOB | \"A\" | BLOB is a string in Base64",
        "BLOB | \"AA\" | BLOB is a string in Base64",
        "BLOB | \"AB==\" | BLOB is a string in Base64",
        "BLOB | \"AAB=\" | BLOB is a string in Base64",
        "BLOB | \"A===\" | BLOB is a string in Base64",
        "BLOB | \"====\" | BLOB is a string in Base64",
        "BLOB | \"A=AA\" | BLOB is a string in Base64",
        "BLOB | \"_-AA\" | BLOB is a string in Base64",
        "BLOB | \"AA==AAAA\" | BLOB is a string in Base64",
        "BLOB | \"AAA\\n\" | BLOB is a string in Base64",
        "BLOB | 1 | BLOB is a string in Base64",
        "JSON | [\"\\uD83E\"] | JSON has Unicode characters",
        "INTEGER[] | 1 | INTEGER[] is an array",
        "STRUCT(a INTEGER) | [] | STRUCT(a INTEGER) is an object",
      })
  void valuesThatDoNotFitAreErrorsWithTheRule(String type, String json, String rule) {
    assertThatThrownBy(() -> read(type, json))
        .isInstanceOf(InvalidRowsException.class)
        .extracting(e -> ((InvalidRowsException) e).errors())
        .asInstanceOf(InstanceOfAssertFactories.list(RowError.class))
        .singleElement()
        .satisfies(
            error -> {
              assertThat(error.row()).isEqualTo(1);
              assertThat(error.column()).isEqualTo("c");
              assertThat(error.value()).isEqualTo(json.strip());
              assertThat(error.rule()).contains(rule);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0001',
      value = {
        "INTEGER[] | [1,\"2\",3] | c[1] | \"2\"",
        "INTEGER[][] | [[],[1,2,3.5]] | c[1][2] | 3.5",
        "STRUCT(a STRUCT(b DATE)) | {\"a\":{\"b\":\"x\"}} | c.a.b | \"x\"",
        "STRUCT(a DATE)[] | [{},{\"a\":7}] | c[1].a | 7",
        "STRUCT(a DATE) | {\"A\":null} | c.A | null",
        "STRUCT(a DATE) | {\"a\":null,\"a\":null} | c.a | null",
        "STRUCT(a INTEGER[])[] | [{\"a\":[1]},{\"a\":[1,2]},{\"a\":[true]}] | c[2].a[0] | true",
      })
  void errorsInsideNestedValuesNameTheWayToThem(
      String type, String json, String path, String value) {
    assertThatThrownBy(() -> read(type, json))
        .isInstanceOf(InvalidRowsException.class)
        .extracting(e -> ((InvalidRowsException) e).errors())
        .asInstanceOf(InstanceOfAssertFactories.list(RowError.class))
        .singleElement()
        .satisfies(
            error -> {
              assertThat(error.column()).isEqualTo(path);
              assertThat(error.value()).isEqualTo(value);
            });
  }

  @Test
  void jsonValuesBeforeAndBehindEveryKindOfTokenAreKeptAsSent() {
    RowSchema schema = Rows.schema("a JSON", "b JSON", "c JSON");
    String body =
        "{\"a\": 12 ,\"b\":\"x\",\"c\":-1.5e3}\n{\"c\":null,\"b\":{\"z\":[]} , \"a\":false}";

    try (RowBatch rows =
        Rows.read(body, RowFormat.NDJSON, schema, RowOptions.DEFAULTS, allocator)) {
      assertThat(Rows.values(rows))
          .containsExactly(
              List.of("12", "\"x\"", "-1.5e3"), List.of("false", "{\"z\":[]}", "null"));
    }
  }

  private String read(String type, String json) {
    try (RowBatch rows =
        Rows.read(
            "{\"c\":" + json + "}",
            RowFormat.NDJSON,
            Rows.schema("c " + type),
            RowOptions.DEFAULTS,
            allocator)) {
      assertThat(rows.rowCount()).isEqualTo(1);
      return Rows.values(rows).getFirst().getFirst();
    }
  }
}

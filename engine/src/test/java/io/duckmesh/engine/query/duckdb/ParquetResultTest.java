package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryFailedException;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.ResultSummary;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parquet answers, read back by a DuckDB of their own. */
class ParquetResultTest {
  @TempDir static Path folder;
  private static QueryFixture fixture;
  private static Connection reader;

  @BeforeAll
  static void open() throws SQLException {
    fixture = new QueryFixture(folder);
    reader = DriverManager.getConnection("jdbc:duckdb:");
    try (Statement statement = reader.createStatement()) {
      statement.execute("SET TimeZone = 'UTC'");
    }
  }

  @AfterAll
  static void closeWithoutLeaks() throws SQLException {
    reader.close();
    fixture.close();
  }

  private static Path write(String sql, QueryLimits limits, List<ResultSummary> summaries) {
    Path file = folder.resolve("answer-" + System.nanoTime() + ".parquet");
    try (OutputStream out = Files.newOutputStream(file);
        QueryExecution execution = fixture.start(sql, limits, List.of())) {
      summaries.add(execution.write(ResultFormat.PARQUET, out));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return file;
  }

  private static Path write(String sql) {
    return write(sql, QueryLimits.DEFAULTS, new ArrayList<>());
  }

  /** The first row of a statement over the file, as DuckDB's own texts. */
  private static List<String> read(Path file, String sql) {
    try (Statement statement = reader.createStatement();
        ResultSet rows = statement.executeQuery(sql.formatted("read_parquet('" + file + "')"))) {
      rows.next();
      List<String> values = new ArrayList<>();
      for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
        values.add(rows.getString(i));
      }
      return values;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /** Expressions of types that tables may have; nothing but the value may come back. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          true
          (-32768)::SMALLINT
          (-2147483648)::INTEGER
          (-9223372036854775808)::BIGINT
          9223372036854775807
          0.1::REAL
          'nan'::REAL
          0.1::DOUBLE
          '-inf'::DOUBLE
          1.50::DECIMAL(4,2)
          (-0.05)::DECIMAL(4,2)
          (-9007199254740993.01)::DECIMAL(18,2)
          (-99999999999999999999.000000000000000001)::DECIMAL(38,18)
          'ä€😀'
          ''
          DATE '2026-01-31'
          DATE '0001-01-01'
          TIME '23:59:59.123456'
          TIMESTAMP '1969-12-31 23:59:59.999999'
          TIMESTAMPTZ '2026-01-31 12:00:00.500+02'
          '00112233-4455-6677-8899-aabbccddeeff'::UUID
          'f0112233-4455-6677-8899-aabbccddeeff'::UUID
          '\\x00\\xFF'::BLOB
          '{"a": 1.50, "b": [null]}'::JSON
          [1, NULL, 3]::INTEGER[]
          []::INTEGER[]
          [['a'], [], NULL]
          {'a': 1, 'b c': 'x', 'd': NULL::DOUBLE}
          [{'u': '00112233-4455-6677-8899-aabbccddeeff'::UUID, 'l': [1.5::DECIMAL(3,1)]}, NULL]
          {'s': {'t': [TIMESTAMPTZ '2026-01-31 12:00:00+00']}}
          NULL::BIGINT
          NULL::INTEGER[]
          NULL::STRUCT(a INTEGER)
          MAP {'k': 1, 'l': NULL}
          MAP {1: ['a'], 2: []}
          MAP {[1, 2]: {'a': 1}}
          (-128)::TINYINT
          255::UTINYINT
          65535::USMALLINT
          4294967295::UINTEGER
          18446744073709551615::UBIGINT
          '2026-01-31 12:00:01.005'::TIMESTAMP_MS
          '1969-12-31 23:59:59.123456789'::TIMESTAMP_NS
          """)
  void valuesComeBackWithTheirTypes(String expression) {
    Path file = write("SELECT " + expression + " AS v, 1 AS other");

    List<String> expected =
        read(file, "SELECT (%1$s)::VARCHAR, typeof(%1$s) FROM %%s".formatted(expression));
    String type = expected.get(1).equals("TIMESTAMP_MS") ? "TIMESTAMP" : expected.get(1);
    assertThat(read(file, "SELECT v::VARCHAR, typeof(v) FROM %s"))
        .containsExactly(expected.get(0), type);
  }

  /** Expression, its text and type in the file. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          sum(9223372036854775807::BIGINT) FROM range(3) | 27670116110564327421 | DECIMAL(38,0)
          (-5)::HUGEINT | -5 | DECIMAL(38,0)
          99999999999999999999999999999999999999::UHUGEINT | 99999999999999999999999999999999999999 | DECIMAL(38,0)
          'b'::ENUM ('a', 'b') | b | VARCHAR
          INTERVAL '1 year 3 days 04:05:06.000007' | P1Y3DT4H5M6.000007S | VARCHAR
          '12:30:00+05:45'::TIMETZ | 12:30:00+05:45 | VARCHAR
          '10101'::BIT | 10101 | VARCHAR
          123456789012345678901234567890123456789012345::BIGNUM | 123456789012345678901234567890123456789012345 | VARCHAR
          '2026-01-31 12:00:01'::TIMESTAMP_S | 2026-01-31 12:00:01 | TIMESTAMP
          [1, 2, 3]::INTEGER[3] | [1, 2, 3] | INTEGER[]
          """)
  void whatParquetHasNoTypeForKeepsItsValueInAnother(String given, String text, String type) {
    String[] parts = given.split(" FROM ", -1);
    Path file =
        write("SELECT %s AS v%s".formatted(parts[0], parts.length > 1 ? " FROM " + parts[1] : ""));

    assertThat(read(file, "SELECT v::VARCHAR, typeof(v) FROM %s")).containsExactly(text, type);
  }

  @Test
  void integerWithMoreDigitsThanParquetHoldsFailsWithTheWayOut() {
    assertThatThrownBy(() -> write("SELECT 170141183460469231731687303715884105727::HUGEINT AS v"))
        .isInstanceOf(QueryFailedException.class)
        .hasMessageContaining("Column v")
        .hasMessageEndingWith("cast it to VARCHAR");
  }

  @Test
  void columnsOfOneNameGetNumbers() {
    Path file = write("SELECT 1 AS a, 2 AS A, 3 AS a_1, 4 AS a");

    assertThat(read(file, "SELECT string_agg(column_name, ',') FROM (DESCRIBE FROM %s)"))
        .containsExactly("a,A_2,a_1,a_3");
  }

  @Test
  void manyRowsComeInOrderAndInSeveralGroups() {
    Path file =
        write(
            "SELECT i, 'x' || i AS t, CASE WHEN i % 3 > 0 THEN [i, i + 1] END AS l FROM range(300000) r(i)");

    assertThat(
            read(
                file,
                """
                SELECT count(*), count(*) FILTER (i = file_row_number AND t = 'x' || i
                    AND l IS NOT DISTINCT FROM CASE WHEN i %% 3 > 0 THEN [i, i + 1] END)
                FROM (SELECT *, file_row_number FROM %s)
                """))
        .containsExactly("300000", "300000");
    assertThat(
            read(
                file,
                "SELECT count(DISTINCT row_group_id) > 1 FROM parquet_metadata('%s') -- %%s"
                    .formatted(file)))
        .containsExactly("true");
  }

  @Test
  void answerWithoutRowsHasItsColumns() {
    Path file = write("SELECT 1 AS a, 'x' AS b WHERE false");

    assertThat(read(file, "SELECT count(*), string_agg(b, ''), max(a) FROM %s"))
        .containsExactly("0", null, null);
  }

  @Test
  void answerPastTheRowLimitIsCut() {
    List<ResultSummary> summaries = new ArrayList<>();

    Path file =
        write(
            "SELECT i FROM range(100000) r(i)",
            new QueryLimits(Duration.ofSeconds(30), 5_000, 1 << 20),
            summaries);

    assertThat(summaries.getFirst().truncated()).isTrue();
    assertThat(summaries.getFirst().rowCount()).isEqualTo(5_000);
    assertThat(read(file, "SELECT count(*), max(i) FROM %s")).containsExactly("5000", "4999");
  }

  @Test
  void answerPastTheByteLimitIsCutBelowIt() throws IOException {
    List<ResultSummary> summaries = new ArrayList<>();

    Path file =
        write(
            "SELECT md5(i::VARCHAR) AS t FROM range(1000000) r(i)",
            new QueryLimits(Duration.ofSeconds(30), 10_000_000, 2 << 20),
            summaries);

    ResultSummary summary = summaries.getFirst();
    assertThat(summary.truncated()).isTrue();
    assertThat(Files.size(file)).isBetween(1L << 20, (2L << 20) + 10_000);
    assertThat(summary.byteCount()).isEqualTo(Files.size(file));
    assertThat(read(file, "SELECT count(*) FROM %s"))
        .containsExactly(Long.toString(summary.rowCount()));
  }

  @Test
  void answerThatFailsInTheMiddleIsNoParquetFile() throws IOException {
    Path file = folder.resolve("cut.parquet");
    try (OutputStream out = Files.newOutputStream(file);
        QueryExecution execution =
            fixture.start(
                "SELECT CAST(CASE WHEN i = 900000 THEN 'x' ELSE '1' END AS INTEGER), md5('' || i)"
                    + " FROM range(1000000) r(i)")) {
      assertThatThrownBy(() -> execution.write(ResultFormat.PARQUET, out))
          .isInstanceOf(QueryFailedException.class)
          .hasMessageContaining("'x'");
    }
    assertThat(Files.size(file)).isGreaterThan(1 << 20);

    assertThatThrownBy(() -> read(file, "SELECT count(*) FROM %s"))
        .hasRootCauseInstanceOf(SQLException.class);
  }
}

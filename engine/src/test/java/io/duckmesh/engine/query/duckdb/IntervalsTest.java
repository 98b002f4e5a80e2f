package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryFailedException;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.ResultFormat;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntervalsTest {
  @TempDir private static Path folder;
  private static QueryFixture fixture;

  @BeforeAll
  static void open() {
    fixture = new QueryFixture(folder);
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          to_hours(2562046)               | PT2562046H
          to_hours(-2562046)              | PT-2562046H
          to_years(5000)                  | P5000Y
          to_microseconds(1)              | PT0.000001S
          """)
  void intervalsThatFitAreWrittenWhole(String value, String expected) {
    assertThat(fixture.query("SELECT " + value + " AS v")).isEqualTo("[[\"" + expected + "\"]]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "to_hours(3000000)",
        "to_hours(-3000000)",
        "to_microseconds(9223372036854775807)",
        "CAST('2999999:00:00' AS INTERVAL)"
      })
  void intervalsThatAreTooLongFailInsteadOfBecomingOthers(String value) {
    assertThatThrownBy(() -> fixture.query("SELECT 1 AS a, " + value + " AS v; "))
        .isInstanceOf(QueryFailedException.class)
        .hasMessageContaining("An INTERVAL is longer than 2562046 hours");
    assertThat(fixture.query("SELECT CAST(" + value + " AS VARCHAR) IS NOT NULL"))
        .isEqualTo("[[true]]");
  }

  @Test
  void intervalsWithinOtherTypesAreRefused() {
    assertThatThrownBy(() -> fixture.query("SELECT [to_hours(1)] AS v"))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage(
            "Column v has type INTERVAL[], and INTERVAL is a column of its own only; cast it to VARCHAR");
  }

  @Test
  void orderNamesAndParametersStayWhereIntervalsAreLookedAt() {
    try (QueryExecution execution =
        fixture.start(
            "SELECT i AS \"a \"\"b\", i AS \"a \"\"b\", to_seconds(i) FROM range(5000) t(i)"
                + " WHERE i >= ? ORDER BY i DESC LIMIT 3000 -- the last ones",
            QueryFixture.positional(10L))) {
      assertThat(QueryFixture.text(ResultFormat.CSV, execution))
          .startsWith("\"a \"\"b\",\"a \"\"b\",")
          .contains("\r\n4999,4999,");
    }
    assertThat(fixture.query("SELECT i, to_seconds(i) FROM range(3000) t(i) ORDER BY i DESC"))
        .startsWith("[[2999,\"PT49M59S\"],\n[2998,\"PT49M58S\"],\n[2997,");
  }
}

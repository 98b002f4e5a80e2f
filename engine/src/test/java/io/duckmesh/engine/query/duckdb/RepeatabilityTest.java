package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.query.QueryRejectedException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RepeatabilityTest {
  @TempDir static Path folder;
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
  @ValueSource(
      strings = {
        "SELECT random()",
        "SELECT 1 WHERE RANDOM() > 2",
        "SELECT now()",
        "SELECT current_timestamp",
        "SELECT CURRENT_DATE",
        "SELECT current_date + 1",
        "SELECT today()",
        "SELECT uuid()",
        "SELECT gen_random_uuid()",
        "SELECT age(TIMESTAMP '2001-01-01 00:00:00')",
        "SELECT * FROM (SELECT 1 AS a UNION ALL SELECT random()) t",
        "WITH c AS (SELECT uuid() AS u) SELECT * FROM c",
        "SELECT (SELECT max(random()) FROM range(3))",
        "SELECT list_transform([1], x -> x + random())",
        "SELECT * FROM range(100) USING SAMPLE 10",
        "SELECT * FROM range(100) t TABLESAMPLE 10%",
        "SELECT i FROM range(3) r(i) ORDER BY random()"
      })
  void clockAndChanceAreNotRepeatable(String sql) {
    assertThat(fixture.engine.check(sql).repeatable()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1",
        "SELECT 'random()'",
        "SELECT age(TIMESTAMP '2001-01-01', TIMESTAMP '2000-01-01')",
        "SELECT date_trunc('day', TIMESTAMP '2001-01-01') AS day",
        "SELECT i, count(*) OVER () FROM range(10) r(i) ORDER BY i LIMIT 3",
        "SELECT hash(1)"
      })
  void whatDependsOnTablesOnlyIsRepeatable(String sql) {
    assertThat(fixture.engine.check(sql).repeatable()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          SELECT * FROM range(10) r(i)                          | true
          SELECT i + 1 AS j FROM range(10) r(i) WHERE i * 2 > 3 | true
          SELECT i FROM range(10) r(i) ORDER BY i LIMIT 3       | true
          SELECT i FROM (SELECT i FROM range(10) r(i)) t        | true
          SELECT sum(i) FROM range(10) r(i)                     | false
          SELECT i FROM range(10) r(i) GROUP BY i               | false
          SELECT DISTINCT i FROM range(10) r(i)                 | false
          SELECT 1 UNION SELECT 2                               | false
          SELECT * FROM range(10) a, range(10) b                | false
          SELECT row_number() OVER () FROM range(10)            | false
          SELECT (SELECT max(i) FROM range(3) r(i))             | false
          SUMMARIZE t                                           | false
          SELECT * FROM (SUMMARIZE t)                           | false
          DESCRIBE t                                            | true
          """)
  void whatOnlyReadsFiltersAndSortsIsOrdered(String sql, boolean ordered) {
    assertThat(fixture.engine.check(sql).ordered()).isEqualTo(ordered);
  }

  @Test
  void noFunctionThatDuckDbCallsVolatileIsTakenForRepeatable() throws SQLException {
    List<String> missed = new ArrayList<>();
    int seen = 0;
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duckdb.createStatement();
        ResultSet rows =
            statement.executeQuery(
                """
                SELECT DISTINCT function_name, len(parameters) FROM duckdb_functions()
                WHERE stability <> 'CONSISTENT' AND function_type = 'scalar'
                  -- An instance's database and schema never change, and an error is no answer.
                  AND function_name NOT IN ('current_database', 'current_schema', 'error')
                """)) {
      while (rows.next()) {
        String call =
            "SELECT %s(%s)"
                .formatted(
                    rows.getString(1),
                    String.join(", ", java.util.Collections.nCopies(rows.getInt(2), "NULL")));
        seen++;
        if (passes(call)) {
          missed.add(call);
        }
      }
    }

    assertThat(seen).isGreaterThan(5);
    assertThat(missed).isEmpty();
  }

  private static boolean passes(String sql) {
    try {
      return fixture.engine.check(sql).repeatable();
    } catch (QueryRejectedException e) {
      return false;
    }
  }
}

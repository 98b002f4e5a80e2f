package io.duckmesh.engine.query.duckdb;

import static io.duckmesh.engine.parquet.RowBatches.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.parquet.ColumnStats;
import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.BoundTable.TableFile;
import io.duckmesh.engine.query.ParameterValue;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.query.pruning.TableStatistics;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which files of a table statements read, by the statements' text and the files' statistics. */
class ScanConditionsTest {
  private static final RowSchema SCHEMA =
      schema("i INTEGER", "v VARCHAR", "dt DATE", "n DECIMAL(9,2)", "d DOUBLE", "flag BOOLEAN");
  private static final int FILES = 4;

  private static BufferAllocator allocator;
  private static WorkThreads threads;
  private static QueryGuard guard;

  @BeforeAll
  static void open() {
    allocator = new RootAllocator();
    threads = new WorkThreads();
    guard = QueryGuard.open(allocator, threads);
  }

  @AfterAll
  static void close() {
    guard.close();
    threads.close();
    allocator.close();
  }

  /** File k has the integers 10k to 10k+9, a day of the month, and so on; the last only nulls. */
  private static TableStatistics statistics() {
    TableStatistics.Builder builder = new TableStatistics.Builder(SCHEMA, FILES);
    for (int k = 0; k < FILES - 1; k++) {
      builder.add(
          SCHEMA,
          10,
          List.of(
              new ColumnStats(1, 0, "" + 10 * k, "" + (10 * k + 9)),
              new ColumnStats(2, k, "k" + k, "k" + k + "z"),
              new ColumnStats(3, 0, "2026-01-1" + k, "2026-01-1" + k),
              new ColumnStats(4, 0, k + ".00", k + ".50"),
              new ColumnStats(5, 0, k + ".0", k + ".5"),
              new ColumnStats(6, 0, k == 0 ? "false" : "true", k == 0 ? "false" : "true")));
    }
    List<ColumnStats> nulls = new ArrayList<>();
    for (int field = 1; field <= SCHEMA.columns().size(); field++) {
      nulls.add(new ColumnStats(field, 10, null, null));
    }
    builder.add(SCHEMA, 10, nulls);
    return builder.build();
  }

  private static String filesRead(String sql, Object... parameters) {
    return filesRead(sql, QueryFixture.positional(parameters));
  }

  private static String filesRead(String sql, QueryParameters given) {
    List<TableFile> files = new ArrayList<>();
    for (int k = 0; k < FILES; k++) {
      files.add(new TableFile(new ObjectKey("acme/t/" + k), 1, 10));
    }
    BoundTable table =
        new BoundTable(new TableReference("t", null, null), "t", SCHEMA, files, statistics());
    RunnableStatement statement = guard.runnable(guard.check(sql), given);
    Binding binding =
        Binding.of(table, statement.scans().get("t"), Literals.values(statement.values(given)));
    return binding.files().stream()
        .map(file -> file.key().value().substring("acme/t/".length()))
        .collect(Collectors.joining());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          i = 15 | 1
          i = 15.5 | 1
          15 = i | 1
          i < 10 | 0
          i <= 10 | 01
          10 >= I | 01
          i > 19 | 2
          i >= 19 | 12
          i BETWEEN 5 AND 12 | 01
          i IN (3, 29) | 02
          i IN (3, NULL) | 012
          i IN (SELECT 3) | 0123
          i IS NULL | 3
          i IS NOT NULL | 012
          NOT i = 3 | 0123
          i <> 3 | 012
          i = 3 AND v = 'k1' | ""
          i = 3 OR v = 'k1' | 01
          i = 3 OR v LIKE 'k1' | 0123
          i = 3 AND v LIKE 'k1' | 0
          i + 0 = 3 | 0123
          i = '15' | 1
          i = '15.5' | 012
          i = 1e1 | 1
          v = 'k1a' | 1
          v > 'k1zz' | 2
          v < 'K' | ""
          v COLLATE NOCASE = 'K1' | 0123
          v = 'k1' COLLATE NOCASE | 012
          v IS NULL | 123
          dt = '2026-01-11' | 1
          dt = DATE '2026-01-11' | 1
          dt >= TIMESTAMP '2026-01-11 00:00:01' | 2
          dt < DATE '2026-01-12' - INTERVAL 1 DAY | 0
          dt > current_date | 012
          n = 1.25 | 1
          n = 1.255 | 1
          n = '1.255' | 012
          n > 1.5 | 2
          n >= 1.5 | 12
          d = 1.25 | 1
          d > 1.5 | 12
          d > 1.6 | 2
          flag | 12
          flag = false | 0
          NOT flag | 0123
          x = 3 | 0123
          """)
  void conditionLeavesOutFilesThatCanNotMeetIt(String condition, String files) {
    assertThat(filesRead("SELECT * FROM t WHERE " + condition)).isEqualTo(files);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          SELECT * FROM t | 0123
          SELECT * FROM t AS a WHERE a.i = 3 | 0
          SELECT * FROM t AS a WHERE A.i = 3 | 0
          SELECT * FROM t AS a(b) WHERE i = 3 | 0123
          SELECT * FROM t TABLESAMPLE 10 ROWS WHERE i = 3 | 0123
          SELECT * FROM t WHERE i = 3 USING SAMPLE 10 ROWS | 0123
          SELECT * FROM t, o WHERE t.i = 3 | 0
          SELECT * FROM t, o WHERE o.i = 3 | 0123
          SELECT * FROM t JOIN o ON t.i = 3 AND t.v = o.v | 0
          SELECT * FROM t LEFT JOIN o ON t.i = 3 | 0123
          SELECT * FROM t LEFT JOIN o ON true WHERE t.i IS NULL | 3
          SELECT * FROM o LEFT JOIN t ON t.i IS NULL | 3
          SELECT * FROM o LEFT JOIN t ON true WHERE t.i IS NULL | 0123
          SELECT * FROM o LEFT JOIN t ON true WHERE t.i = 3 | 0
          SELECT * FROM o LEFT JOIN t ON true WHERE t.i = 3 OR o.x = 1 | 0123
          SELECT * FROM o LEFT JOIN t ON true WHERE t.i = 3 OR t.i IS NULL | 0123
          SELECT * FROM t RIGHT JOIN o ON t.v = 'k1' WHERE t.i < 20 | 1
          SELECT * FROM t FULL JOIN o ON t.v = 'k1' WHERE t.i < 20 | 01
          SELECT * FROM t FULL JOIN o ON t.v = 'k1' WHERE t.i IS NULL | 0123
          SELECT * FROM o ANTI JOIN t ON t.i = 3 | 0123
          SELECT * FROM t ANTI JOIN o ON t.v = o.v WHERE t.i = 3 | 0
          SELECT * FROM o ASOF JOIN t ON o.i >= t.i WHERE t.i = 3 | 0123
          SELECT * FROM o POSITIONAL JOIN t WHERE t.i = 3 | 0123
          SELECT * FROM t JOIN o USING (i) WHERE i = 3 | 0123
          SELECT * FROM t JOIN o USING (i) WHERE t.i = 3 | 0
          SELECT * FROM t x JOIN t y ON true WHERE x.i = 3 AND y.i = 15 | 01
          SELECT * FROM t WHERE i = 3 UNION ALL SELECT * FROM T WHERE i = 15 | 01
          SELECT * FROM t WHERE i = 3 UNION ALL SELECT * FROM t | 0123
          WITH c AS (SELECT * FROM t WHERE i = 3) SELECT * FROM c WHERE i = 15 | 0
          SELECT * FROM (SELECT * FROM t WHERE i < 20) x WHERE x.i = 15 | 01
          SELECT * FROM o WHERE EXISTS (SELECT 1 FROM t WHERE t.i = 3 AND t.v = o.v) | 0
          SELECT (SELECT max(v) FROM t WHERE i = o.i AND i < 10) FROM o | 0
          SELECT i + 100 AS i FROM t WHERE i = 3 | 0
          SELECT i FROM t GROUP BY i HAVING i = 3 | 0123
          SELECT count(*) FILTER (WHERE i = 3) FROM t | 0123
          """)
  void statementReadsTheUnionOfWhatItsPlacesNeed(String sql, String files) {
    assertThat(filesRead(sql)).isEqualTo(files);
  }

  @Test
  void typedAndNamedParametersCountToo() {
    ParameterValue day = new ParameterValue.Typed(TypeParser.parse("DATE"), "2026-01-11");
    ParameterValue number = new ParameterValue.Typed(TypeParser.parse("DECIMAL(5,3)"), "1.255");
    QueryParameters named =
        new QueryParameters.Named(
            Map.of("low", new ParameterValue.Plain(5L), "HIGH", new ParameterValue.Plain(12L)));

    assertThat(filesRead("SELECT * FROM t WHERE dt > ?", day)).isEqualTo("2");
    assertThat(filesRead("SELECT * FROM t WHERE n >= ? AND dt >= ?", number, day)).isEqualTo("12");
    assertThat(filesRead("SELECT * FROM t WHERE i >= $low AND i <= $high", named)).isEqualTo("01");
  }

  @Test
  void parametersCountAsTheirValues() {
    assertThat(filesRead("SELECT * FROM t WHERE i = ?", 15L)).isEqualTo("1");
    assertThat(filesRead("SELECT * FROM t WHERE v = $2 AND i > $1", 5L, "k1")).isEqualTo("1");
    assertThat(filesRead("SELECT * FROM t WHERE i BETWEEN ? AND ?", 5L, 12L)).isEqualTo("01");
    assertThat(filesRead("SELECT * FROM t WHERE dt >= ?", "2026-01-11")).isEqualTo("12");
    assertThat(filesRead("SELECT * FROM t WHERE i = ?", (Object) null)).isEqualTo("012");
    assertThat(filesRead("SELECT * FROM t WHERE i = CAST(CAST($1 AS VARCHAR) AS BIGINT)", "15"))
        .isEqualTo("1");
    assertThat(filesRead("SELECT * FROM t WHERE i = CAST($1 AS BIGINT)", "15.5")).isEqualTo("012");
    assertThat(filesRead("SELECT * FROM t WHERE n = CAST($1 AS DECIMAL(9,2))", "1.25"))
        .isEqualTo("1");
    assertThat(filesRead("SELECT * FROM t WHERE n = CAST($1 AS DECIMAL(9,2))", "1.255"))
        .isEqualTo("012");
    assertThat(filesRead("SELECT * FROM t WHERE dt = CAST($1 AS DATE)", "2026-01-11"))
        .isEqualTo("1");
    assertThat(filesRead("SELECT * FROM t WHERE i IN (?, 3)", "29")).isEqualTo("012");
  }
}

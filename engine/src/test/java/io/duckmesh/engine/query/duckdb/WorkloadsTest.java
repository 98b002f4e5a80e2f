package io.duckmesh.engine.query.duckdb;

import static io.duckmesh.engine.parquet.RowBatches.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectWriter;
import io.duckmesh.engine.parquet.DataFileWriter;
import io.duckmesh.engine.parquet.RowBatches;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.BoundTable.TableFile;
import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.JsonStyle;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.ResultColumn;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.testing.clickbench.Hits;
import io.duckmesh.testing.tpch.TpchData;
import io.duckmesh.testing.tpch.TpchQueries;
import io.duckmesh.testing.tpch.TpchTable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.duckdb.DuckDBResultSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * TPC-H and ClickBench as they are, over files of ours: the answers are those of a bare DuckDB that
 * reads the same files.
 */
class WorkloadsTest {
  private static final double SCALE = 0.01;
  private static final int HITS = 50_000;

  /** Several files a table, so that they are read together. */
  private static final int FILE_ROWS = 20_000;

  @TempDir private static Path folder;
  private static QueryFixture fixture;
  private static Connection bare;
  private static final Map<String, BoundTable> TABLES = new HashMap<>();

  @BeforeAll
  static void open() throws SQLException {
    // One thread, so that rows that are equal in an ORDER BY have one order.
    fixture =
        new QueryFixture(folder, DuckDbOptions.defaults(folder.resolve("spill")).withThreads(1));
    bare = DriverManager.getConnection("jdbc:duckdb:");
    try (Statement statement = bare.createStatement()) {
      statement.execute("SET threads = 1");
      statement.execute("SET TimeZone = 'UTC'");
    }
    TpchData data = TpchData.ofScale(SCALE);
    for (TpchTable table : TpchTable.values()) {
      write(table.tableName(), table.columns(), rows -> data.forEachRow(table, rows));
    }
    write(Hits.TABLE, Hits.COLUMNS, rows -> Hits.forEachRow(HITS, rows));
  }

  @AfterAll
  static void close() throws SQLException {
    bare.close();
    fixture.close();
  }

  private static void write(
      String name, List<String> columns, Consumer<Consumer<Object[]>> generator)
      throws SQLException {
    RowSchema schema = schema(columns.toArray(String[]::new));
    List<TableFile> files = new ArrayList<>();
    List<Object[]> pending = new ArrayList<>();
    generator.accept(
        row -> {
          pending.add(Stream.of(row).map(WorkloadsTest::inArrow).toArray());
          if (pending.size() == FILE_ROWS) {
            files.add(writeFile(name, files.size(), schema, pending));
          }
        });
    if (!pending.isEmpty()) {
      files.add(writeFile(name, files.size(), schema, pending));
    }
    TABLES.put(
        name, new BoundTable(new TableReference(name, null, null), name + "@1", schema, files));
    try (Statement statement = bare.createStatement()) {
      String paths =
          String.join(
              ", ",
              files.stream()
                  .map(file -> "'" + folder.resolve("objects").resolve(file.key().value()) + "'")
                  .toList());
      statement.execute(
          "CREATE VIEW %s AS SELECT * FROM read_parquet([%s])".formatted(name, paths));
    }
  }

  private static TableFile writeFile(
      String name, int number, RowSchema schema, List<Object[]> rows) {
    ObjectKey key =
        new ObjectKey("%s/%s/%04d.parquet".formatted(QueryFixture.TENANT, name, number));
    try (BufferAllocator allocator = new RootAllocator();
        RowBatch batch = RowBatches.of(allocator, schema, rows.toArray(Object[][]::new));
        ObjectWriter writer = fixture.store.create(key)) {
      WrittenFile written =
          DataFileWriter.write(schema, List.of(RowSelection.all(batch)), writer.stream());
      writer.publish();
      rows.clear();
      return new TableFile(key, written.sizeBytes(), written.rowCount());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Object inArrow(Object value) {
    return switch (value) {
      case LocalDate date -> (int) date.toEpochDay();
      case LocalDateTime time -> time.toEpochSecond(ZoneOffset.UTC) * 1_000_000;
      default -> value;
    };
  }

  static List<Integer> tpchQueries() {
    return Stream.iterate(1, number -> number + 1).limit(TpchQueries.COUNT).toList();
  }

  static Stream<String> hitsQueries() {
    return Hits.queries().stream();
  }

  @ParameterizedTest
  @MethodSource("tpchQueries")
  void tpchQueryAnswersAsBareDuckDb(int number) throws SQLException {
    assertThat(ours(TpchQueries.text(number))).isEqualTo(theirs(TpchQueries.text(number)));
  }

  @ParameterizedTest
  @MethodSource("hitsQueries")
  void clickBenchQueryAnswersAsBareDuckDb(String sql) throws SQLException {
    assertThat(ours(sql)).isEqualTo(theirs(sql));
  }

  @Test
  void dataIsThatOfTheSpecification() throws SQLException {
    assertThat(Hits.queries()).hasSize(43);
    assertThat(theirs("SELECT count(*) FROM orders")).endsWith("\r\n15000\r\n");
    assertThat(theirs("SELECT count(*) BETWEEN 55000 AND 65000 FROM lineitem"))
        .endsWith("\r\ntrue\r\n");
    assertThat(
            theirs(
                """
                SELECT count(*) FROM lineitem
                ANTI JOIN partsupp ON l_partkey = ps_partkey AND l_suppkey = ps_suppkey
                """))
        .endsWith("\r\n0\r\n");
  }

  @Test
  void mostQueriesFindRows() throws SQLException {
    List<Integer> empty = new ArrayList<>();
    for (int number : tpchQueries()) {
      if (theirs(TpchQueries.text(number)).lines().count() < 2) {
        empty.add(number);
      }
    }
    assertThat(empty).isEmpty();
  }

  private static String ours(String sql) {
    CheckedQuery query = fixture.engine.check(sql);
    List<BoundTable> tables =
        query.tables().stream().map(table -> TABLES.get(table.name())).toList();
    try (QueryExecution execution =
        fixture.engine.start(
            "q-1",
            QueryFixture.TENANT,
            query,
            tables,
            QueryParameters.NONE,
            QueryLimits.DEFAULTS)) {
      return QueryFixture.text(ResultFormat.CSV, execution);
    }
  }

  /** The bare answer, written by the same writer. */
  private static String theirs(String sql) throws SQLException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Statement statement = bare.createStatement();
        ResultSet rows = statement.executeQuery(sql);
        BufferAllocator allocator = new RootAllocator();
        ArrowReader reader =
            (ArrowReader) rows.unwrap(DuckDBResultSet.class).arrowExportStream(allocator, 2048)) {
      List<ResultColumn> columns = new ArrayList<>();
      for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
        columns.add(
            new ResultColumn(
                rows.getMetaData().getColumnName(i), rows.getMetaData().getColumnTypeName(i)));
      }
      TextResult.write(
          ResultFormat.CSV,
          JsonStyle.NUMBERS,
          columns,
          reader,
          () -> next(reader),
          QueryLimits.DEFAULTS,
          out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static boolean next(ArrowReader reader) {
    try {
      return reader.loadNextBatch();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

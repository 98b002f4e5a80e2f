package io.duckmesh.engine.parquet;

import static io.duckmesh.engine.parquet.RowBatches.row;
import static io.duckmesh.engine.parquet.RowBatches.schema;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.RowSchema;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class DataFileWriterTest {
  private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
  private static final UUID HIGH_ID = UUID.fromString("f0112233-4455-6677-8899-aabbccddeeff");

  private static Connection duckdb;

  @TempDir Path folder;
  private BufferAllocator allocator;

  @BeforeAll
  static void openDuckDb() throws SQLException {
    duckdb = DriverManager.getConnection("jdbc:duckdb:");
    try (Statement statement = duckdb.createStatement()) {
      statement.execute("SET TimeZone = 'UTC'");
    }
  }

  @AfterAll
  static void closeDuckDb() throws SQLException {
    duckdb.close();
  }

  @BeforeEach
  void openAllocator() {
    allocator = new RootAllocator();
  }

  @AfterEach
  void nothingIsLeaked() {
    allocator.close();
  }

  static List<Arguments> types() {
    return List.of(
        Arguments.of("BOOLEAN", values(true, false), "[true, false]", "false", "true"),
        Arguments.of("SMALLINT", values(-32768, 32767), "[-32768, 32767]", "-32768", "32767"),
        Arguments.of(
            "INTEGER",
            values(Integer.MIN_VALUE, Integer.MAX_VALUE),
            "[-2147483648, 2147483647]",
            "-2147483648",
            "2147483647"),
        Arguments.of(
            "BIGINT",
            values(Long.MIN_VALUE, Long.MAX_VALUE),
            "[-9223372036854775808, 9223372036854775807]",
            "-9223372036854775808",
            "9223372036854775807"),
        Arguments.of("FLOAT", values(1.5f, -0.1f), "[1.5, -0.1]", "-0.1", "1.5"),
        Arguments.of("DOUBLE", values(1e300, -0.1), "[1e+300, -0.1]", "-0.1", "1.0E300"),
        Arguments.of("DOUBLE", values(1.0, Double.NaN), "[1.0, nan]", null, null),
        Arguments.of("DOUBLE", values(-0.0, -0.0), "[-0.0, -0.0]", "0.0", "0.0"),
        Arguments.of(
            "DECIMAL(4,1)", values(dec("-999.9"), dec("1.5")), "[-999.9, 1.5]", "-999.9", "1.5"),
        Arguments.of(
            "DECIMAL(18,2)",
            values(dec("-9007199254740993.01"), dec("9007199254740993.01")),
            "[-9007199254740993.01, 9007199254740993.01]",
            "-9007199254740993.01",
            "9007199254740993.01"),
        Arguments.of(
            "DECIMAL(38,10)",
            values(dec("-1234567890123456789012345678.0123456789"), dec("0.0000000001")),
            "[-1234567890123456789012345678.0123456789, 0.0000000001]",
            "-1234567890123456789012345678.0123456789",
            "0.0000000001"),
        Arguments.of("VARCHAR", values("b", "", "ä€😀"), "[b, '', ä€😀]", "", "ä€😀"),
        Arguments.of(
            "DATE", values(-1, 20_000), "[1969-12-31, 2024-10-04]", "1969-12-31", "2024-10-04"),
        Arguments.of(
            "TIME",
            values(0L, 86_399_999_999L),
            "['00:00:00', '23:59:59.999999']",
            "00:00:00",
            "23:59:59.999999"),
        Arguments.of(
            "TIMESTAMP",
            values(-1L, 1_700_000_000_000_000L),
            "['1969-12-31 23:59:59.999999', '2023-11-14 22:13:20']",
            "1969-12-31T23:59:59.999999",
            "2023-11-14T22:13:20"),
        Arguments.of(
            "TIMESTAMP WITH TIME ZONE",
            values(-1L, 1_700_000_000_500_000L),
            "['1969-12-31 23:59:59.999999+00', '2023-11-14 22:13:20.5+00']",
            "1969-12-31T23:59:59.999999Z",
            "2023-11-14T22:13:20.5Z"),
        Arguments.of(
            "UUID", values(HIGH_ID, ID), "[" + HIGH_ID + ", " + ID + "]", ID + "", HIGH_ID + ""),
        Arguments.of(
            "BLOB",
            values(new byte[] {0, -1, 65}, new byte[0]),
            "['\\\\x00\\\\xFFA', '']",
            null,
            null),
        Arguments.of("JSON", values("{\"a\": 1.50}", "null"), "[{\"a\": 1.50}, null]", null, null),
        Arguments.of(
            "INTEGER[]",
            values(Arrays.asList(1, null, 3), List.of(), List.of(4)),
            "[[1, NULL, 3], [], [4]]",
            null,
            null),
        Arguments.of(
            "VARCHAR[][]",
            values(Arrays.asList(List.of("a", "b"), null, List.of()), List.of(List.of("c"))),
            "[[[a, b], NULL, []], [[c]]]",
            null,
            null),
        Arguments.of(
            "STRUCT(a INTEGER, \"b c\" VARCHAR[])",
            values(
                Arrays.asList(1, List.of("x", "y")),
                Arrays.asList(null, null),
                Arrays.asList(2, List.of())),
            "[{'a': 1, 'b c': [x, y]}, {'a': NULL, 'b c': NULL}, {'a': 2, 'b c': []}]",
            null,
            null),
        Arguments.of(
            "STRUCT(s STRUCT(u UUID))[]",
            values(
                Arrays.asList(List.of(Arrays.asList(ID)), Arrays.asList((Object) null)),
                Arrays.asList(null, List.of(Arrays.asList((Object) null)))),
            "[[{'s': {'u': %s}}, {'s': NULL}], [NULL, {'s': {'u': NULL}}]]".formatted(ID),
            null,
            null));
  }

  @ParameterizedTest
  @MethodSource("types")
  void everyTypeReadsBackAsTheSameTypeAndValues(
      String type, List<Object> values, String expected, String min, String max) throws Exception {
    RowSchema schema = schema("n INTEGER", "c " + type);
    List<Object[]> rows = new ArrayList<>();
    rows.add(row(0, null));
    for (Object value : values) {
      rows.add(row(rows.size(), value));
    }

    WrittenFile written;
    try (RowBatch batch = RowBatches.of(allocator, schema, rows.toArray(Object[][]::new))) {
      written = write(schema, RowSelection.all(batch));
    }

    String answer =
        query(
            "SELECT typeof(any_value(c)), count(*) FILTER (c IS NULL), list(c ORDER BY n) FILTER (n > 0)"
                + " FROM '%s'");
    assertThat(answer).isEqualTo(type + " | 1 | " + expected);
    assertThat(written.statistics().get(1)).isEqualTo(new ColumnStats(2, 1, min, max));
  }

  @Test
  void hashAndSizeAreThoseOfTheFile() throws Exception {
    RowSchema schema = schema("a INTEGER");

    WrittenFile written;
    try (RowBatch batch = RowBatches.of(allocator, schema, row(1), row(2))) {
      written = write(schema, RowSelection.all(batch));
    }

    byte[] bytes = Files.readAllBytes(file());
    assertThat(written.sizeBytes()).isEqualTo(bytes.length);
    assertThat(written.contentHash())
        .isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
    assertThat(written.rowCount()).isEqualTo(2);
  }

  @Test
  void everyColumnCarriesItsFieldId() throws Exception {
    RowSchema schema =
        new RowSchema(
            3,
            List.of(
                new Column(7, "a", Primitive.INTEGER, true, null),
                new Column(3, "b.c", Primitive.VARCHAR, false, null)));

    try (RowBatch batch = RowBatches.of(allocator, schema, row(1, "x"))) {
      write(schema, RowSelection.all(batch));
    }

    assertThat(
            query(
                "SELECT list(name || '=' || field_id) FROM parquet_schema('%s') WHERE field_id IS NOT NULL"))
        .isEqualTo("['a=7', 'b.c=3']");
  }

  @Test
  void selectedRowsOfSeveralBatchesAreWrittenInOrder() throws Exception {
    RowSchema schema = schema("a INTEGER", "b VARCHAR");
    BitSet firstAndLast = new BitSet();
    firstAndLast.set(0);
    firstAndLast.set(2);

    WrittenFile written;
    try (RowBatch first = RowBatches.of(allocator, schema, row(9, "a"), row(8, null), row(7, "c"));
        RowBatch second = RowBatches.of(allocator, schema, row(6, "d"));
        RowBatch third = RowBatches.of(allocator, schema, row(5, null))) {
      written =
          write(
              schema,
              new RowSelection(first, firstAndLast),
              new RowSelection(second, new BitSet()),
              RowSelection.all(third));
    }

    assertThat(query("SELECT list((a, b)) FROM '%s'")).isEqualTo("[(9, a), (7, c), (5, NULL)]");
    assertThat(written.rowCount()).isEqualTo(3);
    assertThat(written.statistics())
        .containsExactly(new ColumnStats(1, 0, "5", "9"), new ColumnStats(2, 1, "a", "c"));
  }

  @Test
  void nothingSelectedIsRefused() {
    RowSchema schema = schema("a INTEGER");

    try (RowBatch batch = RowBatches.of(allocator, schema, row(1))) {
      assertThatThrownBy(() -> write(schema, new RowSelection(batch, new BitSet())))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("No row is selected for a data file");
    }
  }

  @Test
  void selectionBeyondTheBatchIsRefused() {
    RowSchema schema = schema("a INTEGER");
    BitSet second = new BitSet();
    second.set(1);

    try (RowBatch batch = RowBatches.of(allocator, schema, row(1))) {
      assertThatThrownBy(() -> new RowSelection(batch, second))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Row 1 is selected of a batch of 1 rows");
    }
  }

  @Test
  void batchOfAnOlderSchemaIsMatchedByFieldIdAndGetsDefaults() throws Exception {
    RowSchema older =
        new RowSchema(
            1,
            List.of(
                new Column(1, "a", Primitive.INTEGER, false, null),
                new Column(2, "dropped", Primitive.VARCHAR, false, null)));
    RowSchema newer =
        new RowSchema(
            2,
            List.of(
                new Column(3, "added", Primitive.VARCHAR, true, "\"new \\\"one\\\"\""),
                new Column(1, "renamed", Primitive.BIGINT, false, null),
                new Column(4, "empty", Primitive.DATE, false, null)));

    WrittenFile written;
    try (RowBatch old = RowBatches.of(allocator, older, row(1, "x"), row(null, "y"));
        RowBatch current = RowBatches.of(allocator, newer, row("z", 1L << 40, 0))) {
      written = write(newer, RowSelection.all(old), RowSelection.all(current));
    }

    assertThat(query("SELECT list((added, renamed, empty)) FROM '%s'"))
        .isEqualTo(
            "[('new \"one\"', 1, NULL), ('new \"one\"', NULL, NULL), (z, 1099511627776, 1970-01-01)]");
    assertThat(written.statistics())
        .containsExactly(
            new ColumnStats(3, 0, "new \"one\"", "z"),
            new ColumnStats(1, 1, "1", "1099511627776"),
            new ColumnStats(4, 2, "1970-01-01", "1970-01-01"));
  }

  @Test
  void numbersWidenToDecimalsAndDoubles() throws Exception {
    RowSchema older = schema("a SMALLINT", "b DECIMAL(4,1)", "c REAL", "d INTEGER");
    RowSchema newer = schema("a DECIMAL(7,2)", "b DECIMAL(30,3)", "c DOUBLE", "d DOUBLE");

    try (RowBatch batch = RowBatches.of(allocator, older, row(-7, dec("-2.5"), 0.5f, 3))) {
      write(newer, RowSelection.all(batch));
    }

    assertThat(query("SELECT * FROM '%s'")).isEqualTo("-7.00 | -2.500 | 0.5 | 3.0");
  }

  @Test
  void narrowingIsRefused() {
    RowSchema older = schema("a BIGINT");
    RowSchema newer = schema("a INTEGER");

    try (RowBatch batch = RowBatches.of(allocator, older, row(1))) {
      assertThatThrownBy(() -> write(newer, RowSelection.all(batch)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("BIGINT does not widen to INTEGER");
    }
  }

  @Test
  void oneRowIsASmallFile() throws Exception {
    RowSchema schema =
        schema("id VARCHAR", "n BIGINT", "at TIMESTAMPTZ", "amount DECIMAL(18,2)", "doc JSON");

    WrittenFile written;
    try (RowBatch batch =
        RowBatches.of(allocator, schema, row("event-1", 42L, 0L, dec("12.50"), "{\"a\": 1}"))) {
      written = write(schema, RowSelection.all(batch));
    }

    assertThat(written.sizeBytes()).isLessThan(2_500);
  }

  @Test
  void wideTableReadsBack() throws Exception {
    RowSchema schema =
        schema(IntStream.range(0, 200).mapToObj(i -> "c" + i + " INTEGER").toArray(String[]::new));
    Object[] values = IntStream.range(0, 200).boxed().toArray();

    WrittenFile written;
    try (RowBatch batch = RowBatches.of(allocator, schema, values, values)) {
      written = write(schema, RowSelection.all(batch));
    }

    assertThat(query("SELECT count(*), sum(c0), sum(c199) FROM '%s'")).isEqualTo("2 | 0 | 398");
    assertThat(written.statistics()).hasSize(200);
  }

  @Test
  void manyRowsMakeSeveralRowGroupsOfEqualSize() throws Exception {
    RowSchema schema = schema("a INTEGER", "b VARCHAR");
    Object[][] rows =
        IntStream.range(0, 2_500).mapToObj(i -> row(i, "text " + i)).toArray(Object[][]::new);

    WrittenFile written;
    try (RowBatch batch = RowBatches.of(allocator, schema, rows)) {
      written =
          write(schema, DataFileOptions.DEFAULTS.withRowGroupRows(1_000), RowSelection.all(batch));
    }

    assertThat(
            query(
                "SELECT list_sort(list(DISTINCT row_group_num_rows)), count(DISTINCT row_group_id)"
                    + " FROM parquet_metadata('%s')"))
        .isEqualTo("[832, 834] | 3");
    assertThat(query("SELECT count(*), sum(a), min(b), max(b) FROM '%s'"))
        .isEqualTo("2500 | 3123750 | text 0 | text 999");
    assertThat(written.statistics())
        .containsExactly(
            new ColumnStats(1, 0, "0", "2499"), new ColumnStats(2, 0, "text 0", "text 999"));
  }

  @Test
  void largeRowsEndARowGroupBySize() throws Exception {
    RowSchema schema = schema("b VARCHAR");
    Object[][] rows =
        IntStream.range(0, 40).mapToObj(i -> row(i + "x".repeat(100_000))).toArray(Object[][]::new);

    try (RowBatch batch = RowBatches.of(allocator, schema, rows)) {
      write(schema, DataFileOptions.DEFAULTS.withRowGroupBytes(1 << 20), RowSelection.all(batch));
    }

    assertThat(query("SELECT count(DISTINCT row_group_id) > 1 FROM parquet_metadata('%s')"))
        .isEqualTo("true");
    assertThat(query("SELECT count(*), min(length(b)) FROM '%s'")).isEqualTo("40 | 100001");
  }

  @Test
  void boundsOfLongTextsAreCutSafely() throws Exception {
    RowSchema schema = schema("a VARCHAR", "b VARCHAR");
    String longText = "m".repeat(100);
    String highest = Character.toString(Character.MAX_CODE_POINT).repeat(100);

    WrittenFile written;
    try (RowBatch batch = RowBatches.of(allocator, schema, row(longText, highest))) {
      written = write(schema, RowSelection.all(batch));
    }

    assertThat(written.statistics().get(0))
        .isEqualTo(new ColumnStats(1, 0, "m".repeat(64), "m".repeat(63) + "n"));
    assertThat(written.statistics().get(1).max()).isNull();
    assertThat(query("SELECT a = repeat('m', 100) FROM '%s'")).isEqualTo("true");
    assertThat(query("SELECT count(*) FROM '%s' WHERE a >= repeat('m', 100)")).isEqualTo("1");
  }

  @ParameterizedTest
  @CsvSource({"a, 'a', 'b'", "'', '', "})
  void boundsEndBeforeAZeroCharacter(String before, String min, @Nullable String max)
      throws Exception {
    RowSchema schema = schema("a VARCHAR");

    WrittenFile written;
    try (RowBatch batch = RowBatches.of(allocator, schema, row(before + "\0z"))) {
      written = write(schema, RowSelection.all(batch));
    }

    assertThat(written.statistics()).containsExactly(new ColumnStats(1, 0, min, max));
  }

  @Test
  void keyColumnsGetABloomFilter() throws Exception {
    RowSchema schema = schema("k VARCHAR", "n INTEGER");
    Object[][] rows =
        IntStream.range(0, 60_000)
            .mapToObj(i -> row(new UUID(i * 31L, i).toString(), i))
            .toArray(Object[][]::new);

    try (RowBatch batch = RowBatches.of(allocator, schema, rows)) {
      write(
          schema,
          DataFileOptions.DEFAULTS.withBloomFilterFieldIds(Set.of(1)),
          RowSelection.all(batch));
    }

    assertThat(
            query(
                "SELECT bool_or(bloom_filter_excludes) FROM parquet_bloom_probe('%s', 'k', 'nothing')"))
        .isEqualTo("true");
  }

  @Test
  void notANumberIsFoundAboveAllNumbers() throws Exception {
    RowSchema schema = schema("a DOUBLE", "b REAL");

    try (RowBatch batch =
        RowBatches.of(allocator, schema, row(1.0, 1f), row(Double.NaN, Float.NaN))) {
      write(schema, RowSelection.all(batch));
    }

    assertThat(query("SELECT count(*) FROM '%s' WHERE a > 5")).isEqualTo("1");
    assertThat(query("SELECT count(*) FROM '%s' WHERE b > 5")).isEqualTo("1");
  }

  @Test
  void sameRowsGiveTheSameBytes() throws Exception {
    RowSchema schema = schema("a INTEGER", "b VARCHAR");

    try (RowBatch batch = RowBatches.of(allocator, schema, row(1, "x"), row(2, null))) {
      WrittenFile first = write(schema, RowSelection.all(batch));
      WrittenFile second = write(schema, RowSelection.all(batch));

      assertThat(second).isEqualTo(first);
    }
  }

  @Test
  void failingStreamFailsTheWrite() {
    RowSchema schema = schema("a INTEGER");
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Disk full");
          }
        };

    try (RowBatch batch = RowBatches.of(allocator, schema, row(1))) {
      assertThatThrownBy(
              () -> DataFileWriter.write(schema, List.of(RowSelection.all(batch)), broken))
          .isInstanceOf(IOException.class)
          .hasMessage("Disk full");
    }
  }

  private WrittenFile write(RowSchema schema, RowSelection... rows) throws IOException {
    return write(schema, DataFileOptions.DEFAULTS, rows);
  }

  private WrittenFile write(RowSchema schema, DataFileOptions options, RowSelection... rows)
      throws IOException {
    try (OutputStream out = Files.newOutputStream(file())) {
      return DataFileWriter.write(schema, List.of(rows), out, options);
    }
  }

  private Path file() {
    return folder.resolve("file.parquet");
  }

  /** The first row's columns, joined; the SQL names the file by %s. */
  private String query(String sql) throws SQLException {
    try (Statement statement = duckdb.createStatement();
        ResultSet rows = statement.executeQuery(sql.formatted(file()))) {
      rows.next();
      List<String> values = new ArrayList<>();
      for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
        values.add(rows.getString(i));
      }
      return String.join(" | ", values);
    }
  }

  private static BigDecimal dec(String text) {
    return new BigDecimal(text);
  }

  private static List<Object> values(Object... values) {
    return Arrays.asList(values);
  }
}

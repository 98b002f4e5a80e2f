package io.duckmesh.engine.merge.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.merge.FileMerger;
import io.duckmesh.engine.merge.MergeOptions;
import io.duckmesh.engine.merge.MergeOrder;
import io.duckmesh.engine.merge.MergeProgress;
import io.duckmesh.engine.merge.MergeSource;
import io.duckmesh.engine.merge.MergedFile;
import io.duckmesh.engine.merge.RowCutoff;
import io.duckmesh.engine.merge.duckdb.MergeFixture.Written;
import io.duckmesh.engine.query.duckdb.process.Folders;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/**
 * Files of a table that changes its schema, merged by DuckDB and in plain Java. Values are few and
 * close to each other, so that many keys are equal.
 */
class MergePropertyTest {
  private static final int TRIES = 60;
  private static final long MEMORY = 512L << 20;
  private static final long SECOND = 1_000_000;

  private static final UUID LOW = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
  private static final UUID HIGH = UUID.fromString("f0112233-4455-6677-8899-aabbccddeeff");

  /** A column that a table may have: what it was, what it is now, and values that fit both. */
  private record Choice(
      String before,
      String now,
      @Nullable String defaultJson,
      @Nullable Object defaultValue,
      boolean sortable,
      List<Object> values) {}

  private static final List<Choice> CHOICES =
      List.of(
          new Choice("BOOLEAN", "BOOLEAN", "true", true, true, List.of(true, false)),
          new Choice("SMALLINT", "INTEGER", "7", 7, true, List.of(-3, 0, 1, 32_767)),
          new Choice("INTEGER", "BIGINT", null, null, true, List.of(-1L, 0L, 5L)),
          new Choice("REAL", "DOUBLE", "0.5", 0.5, true, List.of(-1.5f, -0.0f, 0.0f, 2.5f)),
          new Choice(
              "DOUBLE",
              "DOUBLE",
              null,
              null,
              true,
              List.of(Double.NaN, -0.0, 0.0, Double.NEGATIVE_INFINITY, Double.MAX_VALUE)),
          new Choice(
              "DECIMAL(4,1)",
              "DECIMAL(12,3)",
              "1.5",
              new BigDecimal("1.5"),
              true,
              List.of(new BigDecimal("-1.5"), new BigDecimal("0.0"), new BigDecimal("999.9"))),
          new Choice(
              "DECIMAL(18,2)",
              "DECIMAL(38,4)",
              null,
              null,
              true,
              List.of(new BigDecimal("-9007199254740993.01"), new BigDecimal("0.01"))),
          new Choice(
              "VARCHAR",
              "VARCHAR",
              "\"it's\"",
              "it's",
              true,
              List.of("", "a", "A", "ab", "a\0", "ä", "\uFFFD", "\uD83D\uDE00", "z".repeat(70))),
          new Choice("DATE", "DATE", null, null, true, List.of(-1, 0, 20_000)),
          new Choice("TIME", "TIME", null, null, true, List.of(0L, SECOND, 86_399 * SECOND)),
          new Choice("TIMESTAMP", "TIMESTAMP", null, null, true, List.of(-1L, 0L, SECOND)),
          new Choice("UUID", "UUID", null, null, true, List.of(LOW, HIGH)),
          new Choice(
              "BLOB", "BLOB", null, null, true, List.of(new byte[0], new byte[] {-1}, new byte[1])),
          new Choice("JSON", "JSON", "{\"a\": 1.50}", "{\"a\": 1.50}", true, List.of("1", "[]")),
          new Choice(
              "SMALLINT[]",
              "BIGINT[]",
              "[1]",
              List.of(1),
              false,
              List.of(List.of(), List.of(1, 2), Arrays.asList(1, null))),
          new Choice(
              "STRUCT(a INTEGER, b VARCHAR)",
              "STRUCT(a INTEGER, b VARCHAR)",
              null,
              null,
              false,
              List.of(Arrays.asList(1, "x"), Arrays.asList(null, null))));

  private static Path folder;
  private static MergeFixture fixture;
  private static FileMerger merger;

  @BeforeContainer
  static void open() throws IOException {
    folder = Files.createTempDirectory("merge");
    fixture = new MergeFixture();
    merger =
        DuckDbMerges.create(
            fixture.store, MergeOptions.defaults(folder.resolve("work")).withThreads(2));
  }

  @AfterContainer
  static void close() throws IOException {
    merger.close();
    fixture.close();
    Folders.delete(folder);
  }

  /** Column 1 is the age of rows; the file's columns are in no order. */
  @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
  void mergedFileHasTheRowsThatPlainJavaPutsTogether(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    List<Choice> table = new ArrayList<>(CHOICES);
    Collections.shuffle(table, random);
    table = table.subList(0, 1 + random.nextInt(6));
    RowSchema now = now(table, random);
    List<MergeSource> sources = new ArrayList<>();
    List<Object[]> expected = new ArrayList<>();
    int files = 1 + random.nextInt(6);
    for (int i = 0; i < files; i++) {
      addFile(table, now, random, sources, expected);
    }
    int rowsIn = expected.size();
    RowCutoff cutoff = random.nextBoolean() ? null : new RowCutoff(1, Instant.ofEpochSecond(2));
    if (cutoff != null) {
      int age = indexOf(now, 1);
      expected.removeIf(row -> row[age] != null && (Long) row[age] < 2 * SECOND);
    }
    List<Integer> sortedBy = sortedBy(table, random);
    expected.sort(MergeOracle.comparator(now, sortedBy));

    ByteArrayOutputStream out = new ByteArrayOutputStream();
    MergedFile merged =
        merger.merge(
            new MergeOrder(now, sources, sortedBy, cutoff, MEMORY), out, MergeProgress.NONE);

    assertThat(merged.rowsIn()).isEqualTo(rowsIn);
    assertThat(merged.rowsOut()).isEqualTo(expected.size());
    if (merged.written() != null) {
      Written landed = fixture.write(now, expected);
      assertThat(fixture.rows(folder, out.toByteArray()))
          .containsExactlyElementsOf(fixture.rows(folder, landed.bytes()));
      assertThat(fixture.schema(folder, out.toByteArray()))
          .isEqualTo(fixture.schema(folder, landed.bytes()));
      assertThat(merged.written().statistics()).isEqualTo(landed.file().statistics());
    }
  }

  private static RowSchema now(List<Choice> table, Random random) {
    List<Column> columns = new ArrayList<>();
    columns.add(column(1, "at", "TIMESTAMPTZ", null));
    for (int i = 0; i < table.size(); i++) {
      columns.add(column(2 + i, "now " + i, table.get(i).now(), table.get(i).defaultJson()));
    }
    Collections.shuffle(columns, random);
    return new RowSchema(9, columns);
  }

  /** A file of the newest schema, or of one in which columns had other names, types and places. */
  private static void addFile(
      List<Choice> table,
      RowSchema now,
      Random random,
      List<MergeSource> sources,
      List<Object[]> expected) {
    List<Column> columns = new ArrayList<>();
    columns.add(column(1, "at", "TIMESTAMPTZ", null));
    for (int i = 0; i < table.size(); i++) {
      int kind = random.nextInt(4);
      String type = kind == 0 ? table.get(i).before() : table.get(i).now();
      if (kind < 3) {
        columns.add(column(2 + i, kind == 1 ? "was " + i : "now " + i, type, null));
      }
    }
    if (random.nextBoolean()) {
      columns.add(column(99, "dropped", "INTEGER", null));
    }
    Collections.shuffle(columns, random);
    RowSchema schema = new RowSchema(1, columns);
    List<Object[]> rows = new ArrayList<>();
    int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 5_000 : 30);
    for (int row = 0; row < count; row++) {
      Object[] written = new Object[columns.size()];
      Object[] merged = new Object[now.columns().size()];
      for (int i = 0; i < table.size(); i++) {
        merged[indexOf(now, 2 + i)] = table.get(i).defaultValue();
      }
      for (int i = 0; i < written.length; i++) {
        int fieldId = columns.get(i).fieldId();
        Object value = value(table, fieldId, random);
        written[i] = value;
        if (fieldId < 99) {
          merged[indexOf(now, fieldId)] = value;
        }
      }
      rows.add(written);
      expected.add(merged);
    }
    sources.add(fixture.source(schema, rows));
  }

  private static @Nullable Object value(List<Choice> table, int fieldId, Random random) {
    if (random.nextInt(5) == 0) {
      return null;
    }
    if (fieldId == 1) {
      return random.nextInt(5) * SECOND;
    }
    if (fieldId == 99) {
      return 1;
    }
    List<Object> values = table.get(fieldId - 2).values();
    return values.get(random.nextInt(values.size()));
  }

  private static List<Integer> sortedBy(List<Choice> table, Random random) {
    List<Integer> fieldIds = new ArrayList<>();
    if (random.nextInt(3) == 0) {
      fieldIds.add(1);
    }
    for (int i = 0; i < table.size(); i++) {
      if (table.get(i).sortable() && random.nextBoolean()) {
        fieldIds.add(2 + i);
      }
    }
    Collections.shuffle(fieldIds, random);
    return fieldIds;
  }

  private static int indexOf(RowSchema schema, int fieldId) {
    for (int i = 0; i < schema.columns().size(); i++) {
      if (schema.columns().get(i).fieldId() == fieldId) {
        return i;
      }
    }
    throw new IllegalArgumentException("No column " + fieldId);
  }

  private static Column column(int fieldId, String name, String type, @Nullable String value) {
    return new Column(fieldId, name, TypeParser.parse(type), false, value);
  }
}

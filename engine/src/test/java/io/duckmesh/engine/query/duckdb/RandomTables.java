package io.duckmesh.engine.query.duckdb;

import static io.duckmesh.engine.parquet.RowBatches.schema;

import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.BoundTable.TableFile;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.query.duckdb.QueryFixture.StatedFile;
import io.duckmesh.engine.query.pruning.TableStatistics;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * Two tables of a few small files, {@code t} with columns of all types and {@code o} with some,
 * whose values are few and close to each other. Some files of {@code t} were written before some of
 * its columns were renamed, widened or added.
 */
final class RandomTables {
  private static final long DAY = 86_400_000_000L;

  private static final Object[] BOOLEANS = {true, false};
  private static final Object[] SMALL = {-3, -1, 0, 1, 2, 3, 5, 32_767};
  private static final Object[] INTS = {-3, -1, 0, 1, 2, 3, 5, 100, Integer.MAX_VALUE};
  private static final Object[] LONGS = {
    Long.MIN_VALUE,
    -3L,
    -1L,
    0L,
    1L,
    2L,
    3L,
    5L,
    9_007_199_254_740_991L,
    9_007_199_254_740_992L,
    9_007_199_254_740_993L,
    Long.MAX_VALUE
  };
  private static final Object[] REALS = {
    Float.NEGATIVE_INFINITY, -1.5f, -0.0f, 0.0f, 0.1f, 1f, 1.1f, 2.5f, 3f, 1e30f, Float.NaN
  };
  private static final Object[] DOUBLES = {
    -1e300, -1.5, -0.0, 0.0, 0.1, 1.0, 1.1, 2.5, 3.0, Double.POSITIVE_INFINITY, Double.NaN
  };
  private static final Object[] DECIMALS =
      decimals("-5.50", "-1.01", "0", "0.99", "1", "1.01", "2.5", "3");
  private static final Object[] WIDE =
      decimals("-9999999999999999999999999.5", "-1.00001", "0", "1.00001", "2", "3.00005", "1e24");
  private static final Object[] TEXTS = {
    "",
    "1",
    "3",
    "A",
    "a",
    "ab",
    "b",
    "é",
    "\uFFFD",
    "\uD83D\uDE00",
    "z".repeat(64),
    "z".repeat(70),
    "z".repeat(64) + "a",
    "\uDBFF\uDFFF".repeat(65)
  };
  private static final Object[] DAYS = {-800_000, -1, 0, 1, 18_321, 18_322, 20_000, 3_000_000};
  private static final Object[] TIMES = {0L, 1L, DAY / 2, DAY / 2 + 1_500_000, DAY - 1};
  private static final Object[] STAMPS = {
    -800_000 * DAY, -1L, 0L, 1L, 18_321 * DAY, 18_321 * DAY + 1_000_001, 18_322 * DAY, 20_000 * DAY
  };
  private static final Object[] UUIDS = {
    UUID.fromString("00000000-0000-0000-0000-000000000001"),
    UUID.fromString("7fffffff-0000-0000-0000-00000000000a"),
    UUID.fromString("80000000-0000-0000-0000-00000000000b"),
    UUID.fromString("ffffffff-ffff-ffff-ffff-ffffffffffff")
  };
  private static final Object[] JSONS = {"1", "{\"a\": 2}", "null"};

  private static final Object[][] VALUES_OF_T = {
    INTS, BOOLEANS, SMALL, INTS, LONGS, REALS, DOUBLES, DECIMALS, WIDE, TEXTS, DAYS, TIMES, STAMPS,
    STAMPS, UUIDS, JSONS
  };

  private static final RowSchema T =
      new RowSchema(
          2,
          schema(
                  "id INTEGER",
                  "b BOOLEAN",
                  "s SMALLINT",
                  "i INTEGER",
                  "l BIGINT",
                  "r REAL",
                  "d DOUBLE",
                  "n DECIMAL(9,2)",
                  "m DECIMAL(30,5)",
                  "v VARCHAR",
                  "dt DATE",
                  "tm TIME",
                  "ts TIMESTAMP",
                  "tz TIMESTAMPTZ",
                  "u UUID",
                  "j JSON")
              .columns());

  /** The schema before: other names, narrower types, and columns that are not there yet. */
  private static final RowSchema OLD_T =
      new RowSchema(
          1,
          List.of(
              column(1, "ident", "INTEGER"),
              column(2, "b", "BOOLEAN"),
              column(4, "s", "SMALLINT"),
              column(5, "i", "INTEGER"),
              column(7, "r", "REAL"),
              column(8, "n", "DECIMAL(7,1)"),
              column(10, "u", "VARCHAR"),
              column(11, "ts", "DATE")));

  private static final Object[][] VALUES_OF_OLD_T = {
    INTS, BOOLEANS, SMALL, INTS, REALS, decimals("-5.5", "0", "1", "1.1", "2.5"), TEXTS, DAYS
  };

  private static final RowSchema O =
      schema("o_id INTEGER", "o_i INTEGER", "o_v VARCHAR", "o_ts TIMESTAMP");

  private static final Object[][] VALUES_OF_O = {INTS, INTS, TEXTS, STAMPS};

  private final Random random;
  private final QueryFixture fixture;
  private final List<StatedFile> filesOfT = new ArrayList<>();
  private final List<StatedFile> filesOfO = new ArrayList<>();
  private final List<String> rows = new ArrayList<>();

  RandomTables(Random random, QueryFixture fixture) {
    this.random = random;
    this.fixture = fixture;
    for (int i = 0; i < 6; i++) {
      filesOfT.add(random.nextInt(3) == 0 ? file(OLD_T, VALUES_OF_OLD_T) : file(T, VALUES_OF_T));
      if (i < 4) {
        filesOfO.add(file(O, VALUES_OF_O));
      }
    }
  }

  private static Column column(int fieldId, String name, String type) {
    return new Column(fieldId, name, TypeParser.parse(type), false, null);
  }

  private static Object[] decimals(String... texts) {
    return Arrays.stream(texts).map(BigDecimal::new).toArray();
  }

  /** Up to four rows, each column's values from a part of what there is for it. */
  private StatedFile file(RowSchema schema, Object[][] values) {
    Object[][] written = new Object[1 + random.nextInt(4)][schema.columns().size()];
    for (int column = 0; column < schema.columns().size(); column++) {
      Object[] all = values[column];
      int first = random.nextInt(all.length);
      int width = 1 + random.nextInt(3);
      int nulls = random.nextInt(4);
      for (Object[] row : written) {
        boolean isNull = nulls == 3 || (nulls == 2 && random.nextBoolean());
        row[column] = isNull ? null : all[Math.min(all.length - 1, first + random.nextInt(width))];
      }
    }
    rows.add(schema.version() + schema.columns().get(0).name() + Arrays.deepToString(written));
    return fixture.statedFile(schema, written);
  }

  List<BoundTable> unpruned() {
    return List.of(
        new BoundTable(
            new TableReference("t", null, null), "whole t" + hashCode(), table(), files(filesOfT)),
        new BoundTable(
            new TableReference("o", null, null), "whole o" + hashCode(), O, files(filesOfO)));
  }

  List<BoundTable> pruned() {
    return List.of(pruned("t", table(), filesOfT), pruned("o", O, filesOfO));
  }

  /** The newest schema, with values for files that lack a column. */
  private static RowSchema table() {
    List<Column> columns = new ArrayList<>();
    for (Column column : T.columns()) {
      String defaultValue =
          switch (column.name()) {
            case "l" -> "3";
            case "v" -> "\"a\"";
            default -> null;
          };
      columns.add(new Column(column.fieldId(), column.name(), column.type(), false, defaultValue));
    }
    return new RowSchema(2, columns);
  }

  private BoundTable pruned(String name, RowSchema schema, List<StatedFile> files) {
    TableStatistics.Builder statistics = new TableStatistics.Builder(schema, 1);
    for (StatedFile file : files) {
      statistics.add(file.schema(), file.file().rowCount(), file.statistics());
    }
    return new BoundTable(
        new TableReference(name, null, null),
        "pruned " + name + hashCode(),
        schema,
        files(files),
        statistics.build());
  }

  private static List<TableFile> files(List<StatedFile> files) {
    return files.stream().map(StatedFile::file).toList();
  }

  @Override
  public String toString() {
    return String.join("\n", rows);
  }
}

package io.duckmesh.engine.merge.duckdb;

import static io.duckmesh.engine.parquet.RowBatches.row;
import static io.duckmesh.engine.parquet.RowBatches.schema;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.merge.FileMerger;
import io.duckmesh.engine.merge.MergeCancelledException;
import io.duckmesh.engine.merge.MergeFailedException;
import io.duckmesh.engine.merge.MergeLimitException;
import io.duckmesh.engine.merge.MergeOptions;
import io.duckmesh.engine.merge.MergeOrder;
import io.duckmesh.engine.merge.MergeProgress;
import io.duckmesh.engine.merge.MergeSource;
import io.duckmesh.engine.merge.MergedFile;
import io.duckmesh.engine.merge.RowCutoff;
import io.duckmesh.engine.merge.duckdb.MergeFixture.Written;
import io.duckmesh.engine.objects.CorruptObjectException;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DuckDbFileMergerTest {
  private static final long MEMORY = 512L << 20;
  private static final RowSchema NUMBERED = schema("k INTEGER", "n INTEGER");

  @TempDir Path folder;
  private MergeFixture fixture;
  private Path work;
  private FileMerger merger;

  @BeforeEach
  void open() {
    fixture = new MergeFixture();
    work = folder.resolve("work");
    merger = DuckDbMerges.create(fixture.store, MergeOptions.defaults(work).withThreads(2));
  }

  @AfterEach
  void close() throws IOException {
    merger.close();
    fixture.close();
    try (Stream<Path> left = Files.list(work)) {
      assertThat(left).isEmpty();
    }
  }

  // What comes of it

  static List<Arguments> types() {
    UUID id = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    UUID highId = UUID.fromString("f0112233-4455-6677-8899-aabbccddeeff");
    return List.of(
        Arguments.of("BOOLEAN", values(true, false)),
        Arguments.of("SMALLINT", values(-32768, 0, 32767)),
        Arguments.of("INTEGER", values(Integer.MIN_VALUE, 1, Integer.MAX_VALUE)),
        Arguments.of("BIGINT", values(Long.MIN_VALUE, 1L, Long.MAX_VALUE)),
        Arguments.of("FLOAT", values(1.5f, -0.1f, 1e30f)),
        Arguments.of("FLOAT", values(1.5f, Float.NaN)),
        Arguments.of("DOUBLE", values(1e300, -0.1, Double.NEGATIVE_INFINITY)),
        Arguments.of("DOUBLE", values(1.0, Double.NaN)),
        Arguments.of("DOUBLE", values(Double.NaN, Double.NaN)),
        Arguments.of("DOUBLE", values(-0.0, -0.0)),
        Arguments.of("DOUBLE", values(0.0, 1.0)),
        Arguments.of("DECIMAL(4,1)", values(dec("-999.9"), dec("1.5"))),
        Arguments.of("DECIMAL(9,0)", values(dec("-999999999"), dec("1"))),
        Arguments.of("DECIMAL(18,2)", values(dec("-9007199254740993.01"), dec("9.01"))),
        Arguments.of(
            "DECIMAL(38,10)",
            values(dec("-1234567890123456789012345678.0123456789"), dec("0.0000000001"))),
        Arguments.of("VARCHAR", values("b", "", "ä€😀")),
        Arguments.of("VARCHAR", values("z".repeat(64), "z".repeat(70), "z".repeat(64) + "a")),
        Arguments.of("VARCHAR", values("a\0b", "\0", "a\0")),
        Arguments.of("VARCHAR", values("y".repeat(20_000), "b".repeat(30_000))),
        Arguments.of("DATE", values(-800_000, -1, 20_000, 2_932_896)),
        Arguments.of("TIME", values(0L, 86_399_999_999L)),
        Arguments.of("TIMESTAMP", values(-62_135_596_800_000_000L, 253_402_300_799_999_999L)),
        Arguments.of("TIMESTAMPTZ", values(-62_135_596_800_000_000L, 253_402_300_799_999_999L)),
        Arguments.of("UUID", values(id, highId)),
        Arguments.of("BLOB", values(new byte[] {0, -1}, new byte[0])),
        Arguments.of("JSON", values("{\"a\": 1.50}", "null", "[]")),
        Arguments.of("INTEGER[]", values(List.of(1, 2), List.of(), Arrays.asList(1, null))),
        Arguments.of("VARCHAR[][]", values(List.of(List.of("a"), List.of()), List.of())),
        Arguments.of(
            "STRUCT(a INTEGER, \"b c\" VARCHAR[])",
            values(Arrays.asList(1, List.of("x")), Arrays.asList(null, null))),
        Arguments.of(
            "STRUCT(a STRUCT(b DECIMAL(20,2), c UUID))[]",
            values(List.of(List.of(Arrays.asList(dec("1.50"), id))), List.of())));
  }

  private static Object[] values(Object... values) {
    return values;
  }

  private static BigDecimal dec(String text) {
    return new BigDecimal(text);
  }

  /** What holds of a file that lands holds of one that was merged. */
  @ParameterizedTest
  @MethodSource("types")
  void fileIsAsOneThatLands(String type, Object[] values) throws IOException {
    RowSchema schema = schema("before INTEGER", "c " + type, "empty " + type);
    List<Object[]> rows = new ArrayList<>();
    List<MergeSource> sources = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      List<Object[]> part = List.of(row(i, values[i], null), row(-i, null, null));
      rows.addAll(part);
      sources.add(fixture.source(schema, part));
    }

    Merged merged = merge(order(schema, sources));

    assertIsAs(fixture.write(schema, rows), merged);
  }

  @Test
  void namesOfColumnsMeanNothing() throws IOException {
    List<String> names =
        List.of(
            "c1",
            "c3",
            "file_index",
            "file_row_number",
            "filename",
            "f",
            "a \"quoted\" 'name'; DROP TABLE x",
            "select",
            "ä€😀",
            "with.dot",
            "{brace}: 1",
            "rowid",
            "list",
            "key_value",
            "schema");
    List<Column> columns = new ArrayList<>();
    for (String name : names) {
      columns.add(new Column(columns.size() + 1, name, TypeParser.parse("INTEGER"), false, null));
    }
    RowSchema schema = new RowSchema(1, columns);
    Object[] first = IntStream.range(0, names.size()).boxed().toArray();
    Object[] second = IntStream.range(0, names.size()).map(i -> 100 - i).boxed().toArray();
    List<MergeSource> sources =
        List.of(
            fixture.source(schema, List.<Object[]>of(first)),
            fixture.source(schema, List.<Object[]>of(second)));

    Merged merged = merge(new MergeOrder(schema, sources, List.of(1, 3), null, MEMORY));

    assertIsAs(fixture.write(schema, List.of(first, second)), merged);
  }

  @Test
  void manyRowsHaveRowGroupsAsInFilesThatLand() throws IOException {
    List<MergeSource> sources = new ArrayList<>();
    for (int file = 0; file < 30; file++) {
      sources.add(numbers(file * 10_000, 10_000));
    }

    Merged merged = merge(order(NUMBERED, sources));

    List<String> groups = fixture.rowGroups(folder, merged.bytes());
    assertThat(groups).hasSize(3).allMatch(group -> group.endsWith(" [ZSTD]"));
    assertThat(groups.stream().map(group -> Integer.parseInt(group.split(" ")[0])))
        .allMatch(rows -> rows > 90_000 && rows <= 128 * 1_024);
    assertThat(merged.file().rowsIn()).isEqualTo(300_000);
    assertThat(merged.file().rowsOut()).isEqualTo(300_000);
  }

  // Order

  @Test
  void equalKeysStayInOrderOfSourcesAndRows() throws IOException {
    Random random = new Random(1);
    List<Object[]> rows = new ArrayList<>();
    List<MergeSource> sources = new ArrayList<>();
    for (int file = 0; file < 40; file++) {
      List<Object[]> part = new ArrayList<>();
      for (int i = 0; i < 5_000; i++) {
        int key = random.nextInt(8);
        part.add(row(key == 0 ? null : key, rows.size() + i));
      }
      rows.addAll(part);
      sources.add(fixture.source(NUMBERED, part));
    }

    Merged merged = merge(new MergeOrder(NUMBERED, sources, List.of(1), null, MEMORY));

    List<Object[]> sorted = new ArrayList<>(rows);
    sorted.sort(MergeOracle.comparator(NUMBERED, List.of(1)));
    assertIsAs(fixture.write(NUMBERED, sorted), merged);
  }

  @Test
  void rowsThatAreNotSortedStayInOrderOfSourcesAndRows() throws IOException {
    List<MergeSource> sources = new ArrayList<>();
    List<Object[]> rows = new ArrayList<>();
    for (int file = 0; file < 100; file++) {
      int rowCount = file % 7 == 0 ? 9_000 : 100;
      sources.add(numbers(rows.size(), rowCount));
      for (int i = 0; i < rowCount; i++) {
        rows.add(row(rows.size() % 10, rows.size()));
      }
    }

    Merged merged = merge(order(NUMBERED, sources));

    assertIsAs(fixture.write(NUMBERED, rows), merged);
  }

  // Schemas

  @Test
  void columnsAreFoundByFieldId() throws IOException {
    RowSchema first =
        new RowSchema(
            1,
            List.of(
                column(1, "a", "SMALLINT", null),
                column(2, "b", "VARCHAR", null),
                column(3, "c", "REAL", null),
                column(4, "d", "DECIMAL(4,1)", null)));
    RowSchema now =
        new RowSchema(
            5,
            List.of(
                column(4, "b", "DECIMAL(20,3)", null),
                column(1, "c", "BIGINT", null),
                column(3, "a", "DOUBLE", null),
                column(5, "text", "VARCHAR", "\"it's\""),
                column(6, "bytes", "BLOB", "\"AP8=\""),
                column(7, "list", "INTEGER[]", "[1, null]"),
                column(8, "json", "JSON", "{\"x\": 1.50}"),
                column(9, "at", "TIMESTAMPTZ", "\"2026-01-31T12:00:00Z\""),
                column(10, "none", "INTEGER", null)));
    MergeSource old =
        fixture.source(
            first, List.of(row(-7, "gone", 0.1f, dec("-1.5")), row(null, "", null, null)));
    Object[] newest = row(dec("9.125"), 1L << 40, 0.5, "t", new byte[0], null, "1", 0L, 3);
    MergeSource latest = fixture.source(now, List.<Object[]>of(newest));

    Merged merged = merge(order(now, List.of(old, latest)));

    byte[] bytes = {0, -1};
    List<Integer> list = Arrays.asList(1, null);
    long at = Instant.parse("2026-01-31T12:00:00Z").getEpochSecond() * 1_000_000;
    assertIsAs(
        fixture.write(
            now,
            List.of(
                row(
                    dec("-1.500"),
                    -7L,
                    (double) 0.1f,
                    "it's",
                    bytes,
                    list,
                    "{\"x\": 1.50}",
                    at,
                    null),
                row(null, null, null, "it's", bytes, list, "{\"x\": 1.50}", at, null),
                newest)),
        merged);
  }

  @Test
  void columnThatWouldLoseDigitsIsRefused() {
    RowSchema wide = schema("k DOUBLE", "n INTEGER");
    MergeSource source = fixture.source(wide, List.<Object[]>of(row(1.5, 1)));

    assertThatThrownBy(() -> order(NUMBERED, List.of(source)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(source.key().value())
        .hasMessageContaining("DOUBLE, which does not widen to INTEGER");
  }

  // Rows that are too old

  static List<Arguments> cutoffs() {
    long noon = Instant.parse("2026-03-01T12:00:00Z").getEpochSecond() * 1_000_000;
    int day = (int) java.time.LocalDate.of(2026, 3, 1).toEpochDay();
    return List.of(
        Arguments.of("TIMESTAMPTZ", values(noon - 1, noon, noon + 1), 1),
        Arguments.of("TIMESTAMP", values(noon - 1, noon, noon + 1), 1),
        Arguments.of("DATE", values(day - 1, day, day + 1), 1));
  }

  @ParameterizedTest
  @MethodSource("cutoffs")
  void olderRowsAreLeftOutAndNullsStay(String type, Object[] values, int dropped)
      throws IOException {
    RowSchema schema = schema("at " + type, "n INTEGER");
    List<Object[]> rows = new ArrayList<>();
    for (Object value : values) {
      rows.add(row(value, rows.size()));
    }
    rows.add(row(null, rows.size()));
    MergeSource source = fixture.source(schema, rows);
    RowCutoff cutoff = new RowCutoff(1, Instant.parse("2026-03-01T12:00:00Z"));

    Merged merged = merge(new MergeOrder(schema, List.of(source), List.of(), cutoff, MEMORY));

    assertThat(merged.file().rowsIn()).isEqualTo(4);
    assertIsAs(fixture.write(schema, rows.subList(dropped, rows.size())), merged);
  }

  @Test
  void nothingIsWrittenIfNoRowIsLeft() throws IOException {
    RowSchema schema = schema("at TIMESTAMPTZ");
    MergeSource source = fixture.source(schema, List.of(row(0L), row(1L)));

    Merged merged =
        merge(
            new MergeOrder(
                schema, List.of(source), List.of(), new RowCutoff(1, Instant.MAX), MEMORY));

    assertThat(merged.file()).isEqualTo(new MergedFile(2, null));
    assertThat(merged.bytes()).isEmpty();
  }

  @Test
  void farthestPastDropsNothing() throws IOException {
    RowSchema schema = schema("at TIMESTAMP");
    MergeSource source = fixture.source(schema, List.of(row(-62_135_596_800_000_000L), row(1L)));

    Merged merged =
        merge(
            new MergeOrder(
                schema, List.of(source), List.of(), new RowCutoff(1, Instant.MIN), MEMORY));

    assertThat(merged.file().rowsOut()).isEqualTo(2);
  }

  // Damage

  @Test
  void changedByteIsFound() throws IOException {
    Written written = fixture.write(NUMBERED, List.<Object[]>of(row(1, 2)));
    byte[] damaged = written.bytes().clone();
    damaged[damaged.length / 2] ^= 1;
    ObjectKey key = fixture.publish(damaged);

    assertThatThrownBy(() -> mergeWithGood(source(key, written.file(), written.bytes().length)))
        .isInstanceOf(CorruptObjectException.class)
        .hasMessageContaining(key.value())
        .hasMessageContaining(written.file().contentHash());
  }

  @Test
  void otherSizeIsFound() throws IOException {
    Written written = fixture.write(NUMBERED, List.<Object[]>of(row(1, 2)));
    ObjectKey shorter = fixture.publish(Arrays.copyOf(written.bytes(), written.bytes().length - 1));
    ObjectKey longer = fixture.publish(Arrays.copyOf(written.bytes(), written.bytes().length + 1));

    for (ObjectKey key : List.of(shorter, longer)) {
      assertThatThrownBy(() -> mergeWithGood(source(key, written.file(), written.bytes().length)))
          .isInstanceOf(CorruptObjectException.class)
          .hasMessageContaining(key.value())
          .hasMessageContaining("instead of " + written.bytes().length);
    }
  }

  @Test
  void absentObjectIsNamed() {
    MergeSource source = new MergeSource(new ObjectKey("tenant/none.parquet"), 10, "00", NUMBERED);

    assertThatThrownBy(() -> mergeWithGood(source))
        .isInstanceOf(ObjectNotFoundException.class)
        .hasMessageContaining("tenant/none.parquet");
  }

  @Test
  void objectThatWasPublishedAsNoParquetFileIsNamed() throws Exception {
    byte[] bytes = "this is no file of ours, and never was".getBytes();
    ObjectKey key = fixture.publish(bytes);
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));

    assertThatThrownBy(() -> mergeWithGood(new MergeSource(key, bytes.length, hash, NUMBERED)))
        .isInstanceOf(MergeFailedException.class)
        .hasMessageContaining(key.value());
  }

  private static MergeSource source(ObjectKey key, WrittenFile file, long size) {
    return new MergeSource(key, size, file.contentHash(), NUMBERED);
  }

  /** Merges the file after others that are whole, and sees that nothing is written. */
  private void mergeWithGood(MergeSource source) throws IOException {
    List<MergeSource> sources = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      sources.add(numbers(i, 10));
    }
    sources.add(source);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      merger.merge(order(NUMBERED, sources), out, MergeProgress.NONE);
    } finally {
      assertThat(out.size()).isZero();
    }
  }

  // Ends before the end

  @Test
  void whatProgressThrowsEndsTheMergeAndTheNextOneRuns() throws IOException {
    List<MergeSource> sources = manyNumbers();
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    assertThatThrownBy(
            () ->
                merger.merge(
                    sorted(sources),
                    out,
                    rows -> {
                      throw new IllegalStateException("no longer wanted");
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no longer wanted");

    assertThat(out.size()).isZero();
    assertThat(merge(sorted(sources)).file().rowsOut()).isEqualTo(2_000_000);
  }

  @Test
  void progressGrowsToTheNumberOfRows() throws IOException {
    List<Long> reports = new ArrayList<>();

    merger.merge(sorted(manyNumbers()), OutputStream.nullOutputStream(), reports::add);

    assertThat(reports).isNotEmpty().isSorted();
    assertThat(reports.getLast()).isBetween(0L, 2_000_000L);
  }

  @Test
  void interruptEndsTheMerge() throws InterruptedException {
    List<MergeSource> sources = manyNumbers();
    AtomicInteger reports = new AtomicInteger();
    Thread thread = Thread.currentThread();

    assertThatThrownBy(
            () ->
                merger.merge(
                    sorted(sources),
                    OutputStream.nullOutputStream(),
                    rows -> {
                      reports.incrementAndGet();
                      thread.interrupt();
                    }))
        .isInstanceOf(MergeCancelledException.class);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(reports).hasValue(1);
  }

  @Test
  void closingTheMergerEndsTheMerge() {
    List<MergeSource> sources = manyNumbers();

    assertThatThrownBy(
            () ->
                merger.merge(
                    sorted(sources), OutputStream.nullOutputStream(), rows -> merger.close()))
        .isInstanceOf(MergeCancelledException.class);
  }

  @Test
  void failureOfTheOutputPassesThrough() {
    IOException full = new IOException("nothing more fits");
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw full;
          }
        };

    assertThatThrownBy(
            () -> merger.merge(order(NUMBERED, List.of(numbers(0, 5))), out, MergeProgress.NONE))
        .isSameAs(full);
  }

  // Limits

  @Test
  void diskThatDoesNotHoldTheSourcesIsToldBeforeAnythingIsRead() {
    FileMerger small =
        DuckDbMerges.create(
            fixture.store, MergeOptions.defaults(folder.resolve("small")).withDiskBytes(1_000));
    try (small) {
      MergeSource source =
          new MergeSource(new ObjectKey("tenant/none.parquet"), 501, "00", NUMBERED);

      assertThatThrownBy(
              () ->
                  small.merge(
                      order(NUMBERED, List.of(source)),
                      OutputStream.nullOutputStream(),
                      MergeProgress.NONE))
          .isInstanceOf(MergeLimitException.class)
          .hasMessageContaining("1000 bytes of disk");
    }
  }

  @Test
  void spillThatIsFullIsTold() throws IOException {
    List<MergeSource> sources = manyTexts();
    long bytes = sources.stream().mapToLong(MergeSource::sizeBytes).sum();
    Path other = folder.resolve("full");
    FileMerger small =
        DuckDbMerges.create(
            fixture.store, MergeOptions.defaults(other).withDiskBytes(2 * bytes + (1 << 20)));
    try (small) {
      assertThatThrownBy(
              () ->
                  small.merge(
                      new MergeOrder(TEXTS, sources, List.of(1), null, MEMORY),
                      OutputStream.nullOutputStream(),
                      MergeProgress.NONE))
          .isInstanceOf(MergeLimitException.class)
          .hasMessageContaining("memory and the disk");
    }
    try (Stream<Path> left = Files.list(other)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void rowsThatDoNotFitIntoMemoryAreSpilled() throws IOException {
    List<MergeSource> sources = manyTexts();
    ResidentMemory memory = ResidentMemory.watch();
    try (memory) {
      MergedFile merged =
          merger.merge(
              new MergeOrder(TEXTS, sources, List.of(1), null, MEMORY),
              OutputStream.nullOutputStream(),
              MergeProgress.NONE);

      assertThat(merged.rowsOut()).isEqualTo(TEXT_FILES * TEXT_ROWS);
    }
    assertThat(memory.most()).isBetween(1L, MEMORY);
  }

  @Test
  void whatMergersOfEndedProcessesHaveLeftIsDeletedAndNoMore() throws IOException {
    Path left = work.resolve("merger-1/merge-1");
    Files.createDirectories(left);
    Files.writeString(left.resolve("source-00000.parquet"), "left");
    Files.createFile(work.resolve("merger-1/lock"));

    DuckDbMerges.create(fixture.store, MergeOptions.defaults(work)).close();

    assertThat(work.resolve("merger-1")).doesNotExist();
    // The other one in the same folder goes on.
    assertThat(merge(order(NUMBERED, List.of(numbers(0, 5)))).file().rowsOut()).isEqualTo(5);
  }

  @Test
  void columnThatDuckDbCanNotWriteIsNamed() {
    RowSchema schema = new RowSchema(1, List.of(column(1, "__duckdb_field_id", "INTEGER", null)));
    MergeSource source = fixture.source(schema, List.<Object[]>of(row(1)));

    assertThatThrownBy(() -> merge(order(schema, List.of(source))))
        .isInstanceOf(MergeFailedException.class)
        .hasMessageContaining("__duckdb_field_id");
  }

  // What they share

  private static final RowSchema TEXTS = schema("k BIGINT", "text VARCHAR");
  private static final int TEXT_FILES = 40;
  private static final int TEXT_ROWS = 12_000;

  /** Some 550 MB in memory. */
  private List<MergeSource> manyTexts() {
    Random random = new Random(7);
    List<MergeSource> sources = new ArrayList<>();
    for (int file = 0; file < TEXT_FILES; file++) {
      List<Object[]> rows = new ArrayList<>();
      for (int i = 0; i < TEXT_ROWS; i++) {
        rows.add(row(random.nextLong(), Long.toHexString(random.nextLong()).repeat(75)));
      }
      sources.add(fixture.source(TEXTS, rows));
    }
    return sources;
  }

  private List<MergeSource> manyNumbers() {
    List<MergeSource> sources = new ArrayList<>();
    for (int file = 0; file < 20; file++) {
      sources.add(numbers(file * 100_000, 100_000));
    }
    return sources;
  }

  private MergeSource numbers(int from, int count) {
    List<Object[]> rows = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      rows.add(row(i % 10, i));
    }
    return fixture.source(NUMBERED, rows);
  }

  private static Column column(int fieldId, String name, String type, @Nullable String value) {
    return new Column(fieldId, name, TypeParser.parse(type), false, value);
  }

  private static MergeOrder order(RowSchema schema, List<MergeSource> sources) {
    return new MergeOrder(schema, sources, List.of(), null, MEMORY);
  }

  private static MergeOrder sorted(List<MergeSource> sources) {
    return new MergeOrder(NUMBERED, sources, List.of(1), null, MEMORY);
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Merged(MergedFile file, byte[] bytes) {}

  private Merged merge(MergeOrder order) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    MergedFile merged = merger.merge(order, out, MergeProgress.NONE);
    return new Merged(merged, out.toByteArray());
  }

  private void assertIsAs(Written landed, Merged merged) {
    WrittenFile file = merged.file().written();
    assertThat(file).isNotNull();
    assertThat(fixture.rows(folder, merged.bytes()))
        .containsExactlyElementsOf(fixture.rows(folder, landed.bytes()));
    assertThat(fixture.schema(folder, merged.bytes()))
        .isEqualTo(fixture.schema(folder, landed.bytes()));
    assertThat(fixture.types(folder, merged.bytes()))
        .isEqualTo(fixture.types(folder, landed.bytes()));
    assertThat(file.statistics()).isEqualTo(landed.file().statistics());
    assertThat(file.rowCount()).isEqualTo(landed.file().rowCount());
    assertThat(file.sizeBytes()).isEqualTo(merged.bytes().length);
    assertThat(file.contentHash()).isEqualTo(sha256(merged.bytes()));
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

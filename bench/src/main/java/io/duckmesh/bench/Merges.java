package io.duckmesh.bench;

import io.duckmesh.catalog.compaction.CompactionOptions;
import io.duckmesh.catalog.compaction.CompactionPlanner;
import io.duckmesh.catalog.compaction.FileGroup;
import io.duckmesh.catalog.upkeep.LiveFile;
import io.duckmesh.catalog.upkeep.Place;
import io.duckmesh.engine.merge.FileMerger;
import io.duckmesh.engine.merge.MergeOptions;
import io.duckmesh.engine.merge.MergeOrder;
import io.duckmesh.engine.merge.MergeProgress;
import io.duckmesh.engine.merge.MergeSource;
import io.duckmesh.engine.merge.MergedFile;
import io.duckmesh.engine.merge.duckdb.DuckDbMerges;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectWriter;
import io.duckmesh.engine.objects.local.LocalObjects;
import io.duckmesh.engine.parquet.DataFileWriter;
import io.duckmesh.engine.parquet.RowSelection;
import io.duckmesh.engine.parquet.WrittenFile;
import io.duckmesh.engine.query.duckdb.process.DuckDbProcess;
import io.duckmesh.engine.query.duckdb.process.Folders;
import io.duckmesh.engine.rows.JsonRows;
import io.duckmesh.engine.rows.RowBatch;
import io.duckmesh.engine.rows.RowFormat;
import io.duckmesh.engine.rows.RowOptions;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Merges many small files beside bare DuckDB that merges the same ones, in one run. */
@Command(
    name = "bench/run merge",
    mixinStandardHelpOptions = true,
    description = "Measures the merging of small files beside bare DuckDB.")
final class Merges implements Callable<Integer> {
  private static final RowSchema SCHEMA = schema();
  private static final int DEVICE = 2;

  @Option(
      names = "--project",
      defaultValue = ".",
      description = "Folder of the project; not needed here.")
  private Path project = Path.of(".");

  @Option(names = "--files", defaultValue = "2000", description = "Files: ${DEFAULT-VALUE}.")
  private int files;

  @Option(names = "--rows", defaultValue = "5000", description = "Rows each: ${DEFAULT-VALUE}.")
  private int rows;

  @Option(
      names = "--memory-mb",
      split = ",",
      defaultValue = "1024",
      description = "Memory of a merge: ${DEFAULT-VALUE}.")
  private List<Long> memories = List.of();

  @Option(names = "--threads", defaultValue = "2", description = "Of a merge: ${DEFAULT-VALUE}.")
  private int threads;

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private Merges() {}

  private static RowSchema schema() {
    List<Column> columns = new ArrayList<>();
    for (String column :
        List.of(
            "id VARCHAR",
            "device BIGINT",
            "kind VARCHAR",
            "amount DECIMAL(18,2)",
            "at TIMESTAMPTZ",
            "note VARCHAR",
            "payload JSON")) {
      String[] parts = column.split(" ");
      columns.add(
          new Column(columns.size() + 1, parts[0], TypeParser.parse(parts[1]), false, null));
    }
    return new RowSchema(1, columns);
  }

  @Override
  public Integer call() throws Exception {
    out.printf(
        "# Merging %,d files of %,d rows: %d cores, %d threads%n%n",
        files, rows, Runtime.getRuntime().availableProcessors(), threads);
    Path folder = Files.createTempDirectory("duckmesh-merges-");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
    try (ObjectStore store = LocalObjects.open(folder.resolve("objects"), Clock.systemUTC())) {
      Map<String, MergeSource> sources = land(store);
      List<FileGroup> groups = plan(sources);
      out.println(
          "| rows are | groups | rows | MB | rows/s | bare rows/s | ratio | MiB of the process,"
              + " most | limit MiB |");
      out.println("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
      for (long memory : memories) {
        for (boolean sorted : List.of(true, false)) {
          measure(folder, store, sources, groups, memory << 20, sorted);
        }
      }
    }
    return 0;
  }

  private static void delete(Path folder) {
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      System.err.println("Cannot delete " + folder + ": " + e.getMessage());
    }
  }

  // Files

  private Map<String, MergeSource> land(ObjectStore store) throws Exception {
    Map<String, MergeSource> sources = new HashMap<>();
    ExecutorService writers = Executors.newFixedThreadPool(2);
    try (BufferAllocator allocator = new RootAllocator()) {
      List<Future<MergeSource>> written = new ArrayList<>();
      for (int i = 0; i < files; i++) {
        int number = i;
        written.add(writers.submit(() -> land(store, allocator, number)));
      }
      for (Future<MergeSource> each : written) {
        sources.put(each.get().key().value(), each.get());
      }
    } finally {
      writers.shutdownNow();
    }
    return sources;
  }

  private MergeSource land(ObjectStore store, BufferAllocator allocator, int number)
      throws IOException {
    ObjectKey key = new ObjectKey("tenant/table/file-%05d.parquet".formatted(number));
    byte[] body = body(number).getBytes(StandardCharsets.US_ASCII);
    try (RowBatch batch =
            JsonRows.read(
                new ByteArrayInputStream(body),
                RowFormat.NDJSON,
                SCHEMA,
                RowOptions.DEFAULTS,
                allocator);
        ObjectWriter writer = store.create(key)) {
      WrittenFile file =
          DataFileWriter.write(SCHEMA, List.of(RowSelection.all(batch)), writer.stream());
      writer.publish();
      return new MergeSource(key, file.sizeBytes(), file.contentHash(), SCHEMA);
    }
  }

  /** Events of one file: random ids, one of 100,000 devices, a time that grows by file. */
  private String body(int file) {
    Random random = new Random(file);
    StringBuilder text = new StringBuilder(rows * 240);
    for (int i = 0; i < rows; i++) {
      text.append("{\"id\":\"ev-").append(Long.toHexString(random.nextLong()));
      text.append("\",\"device\":").append(random.nextInt(100_000));
      text.append(",\"kind\":\"kind-").append(random.nextInt(12));
      text.append("\",\"amount\":").append(random.nextInt(100_000)).append(".25");
      text.append(",\"at\":\"2026-01-").append(two(1 + file / 1_440 % 28)).append('T');
      text.append(two(file / 60 % 24)).append(':').append(two(file % 60)).append(':');
      text.append(two(random.nextInt(60))).append('.').append(100_000 + random.nextInt(900_000));
      text.append("Z\",\"note\":\"the note of ").append(i % 1_000).append(" is number ");
      text.append(random.nextInt(1_000)).append("\",\"payload\":{\"a\":");
      text.append(random.nextInt(1_000)).append(",\"b\":\"x").append(random.nextInt(50));
      text.append("\",\"c\":[1,2,").append(random.nextInt(9)).append("]}}\n");
    }
    return text.toString();
  }

  private static String two(int value) {
    return value < 10 ? "0" + value : Integer.toString(value);
  }

  /** The groups of the first round of a table that was never compacted. */
  private List<FileGroup> plan(Map<String, MergeSource> sources) {
    List<LiveFile> live = new ArrayList<>();
    sources.keySet().stream()
        .sorted()
        .forEach(
            key ->
                live.add(
                    new LiveFile(
                        key,
                        new Place(live.size() + 1, key),
                        rows,
                        sources.get(key).sizeBytes(),
                        0,
                        false)));
    return new CompactionPlanner(CompactionOptions.DEFAULTS).plan(live);
  }

  // Both ways

  private void measure(
      Path folder,
      ObjectStore store,
      Map<String, MergeSource> sources,
      List<FileGroup> groups,
      long memory,
      boolean sorted)
      throws Exception {
    MergeOptions options = MergeOptions.defaults(folder.resolve("merging")).withThreads(threads);
    long bytes = 0;
    long rowCount = 0;
    long oursNanos = 0;
    long bareNanos = 0;
    AtomicLong most = new AtomicLong();
    ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();
    try (FileMerger merger = DuckDbMerges.create(store, options);
        Bare bare = new Bare(folder.resolve("bare"), memory, threads)) {
      var unused = watch.scheduleAtFixedRate(() -> look(most), 0, 10, TimeUnit.MILLISECONDS);
      // What both do once in their lives is not measured.
      FileGroup small =
          new FileGroup(groups.getFirst().reason(), groups.getFirst().files().subList(0, 8));
      merge(merger, store, order(sources, small, memory, sorted));
      bare.merge(store, small, sorted);
      for (FileGroup group : groups) {
        long begin = System.nanoTime();
        MergedFile merged = merge(merger, store, order(sources, group, memory, sorted));
        oursNanos += System.nanoTime() - begin;
        begin = System.nanoTime();
        long bareRows = bare.merge(store, group, sorted);
        bareNanos += System.nanoTime() - begin;
        if (merged.rowsOut() != bareRows || bareRows != group.rowCount()) {
          throw new IllegalStateException(
              "%d rows were merged, and %d by bare DuckDB, of %d"
                  .formatted(merged.rowsOut(), bareRows, group.rowCount()));
        }
        bytes += merged.bytesOut();
        rowCount += bareRows;
      }
    } finally {
      watch.shutdownNow();
    }
    double ours = rowCount / (oursNanos / 1e9);
    double theirs = rowCount / (bareNanos / 1e9);
    out.printf(
        "| %s | %d | %,d | %,d | %,.0f | %,.0f | %.2f | %,d | %,d |%n",
        sorted ? "sorted" : "as they landed",
        groups.size(),
        rowCount,
        bytes / 1_000_000,
        ours,
        theirs,
        ours / theirs,
        most.get() >> 20,
        memory >> 20);
  }

  private static void look(AtomicLong most) {
    ProcessHandle.current()
        .children()
        .mapToLong(child -> DuckDbProcess.residentBytes(child.pid()).orElse(0))
        .forEach(bytes -> most.accumulateAndGet(bytes, Math::max));
  }

  private static MergeOrder order(
      Map<String, MergeSource> sources, FileGroup group, long memory, boolean sorted) {
    return new MergeOrder(
        SCHEMA,
        group.files().stream().map(file -> sources.get(file.objectKey())).toList(),
        sorted ? List.of(DEVICE) : List.of(),
        null,
        memory);
  }

  /** All that a compaction does but for the catalog: read, check, merge, hash, publish. */
  private static MergedFile merge(FileMerger merger, ObjectStore store, MergeOrder order)
      throws IOException {
    ObjectKey key = new ObjectKey("tenant/table/merged-%d.parquet".formatted(System.nanoTime()));
    try (ObjectWriter writer = store.create(key)) {
      MergedFile merged = merger.merge(order, writer.stream(), MergeProgress.NONE);
      writer.publish();
      return merged;
    } finally {
      store.delete(List.of(key));
    }
  }

  /** DuckDB in this process, with a connection that is warm. */
  private static final class Bare implements AutoCloseable {
    private final Connection connection;
    private final Path folder;

    Bare(Path folder, long memory, int threads) throws SQLException, IOException {
      this.folder = Files.createDirectories(folder);
      this.connection = DriverManager.getConnection("jdbc:duckdb:");
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET threads = " + threads);
        statement.execute("SET memory_limit = '%dB'".formatted(memory));
        statement.execute("SET temp_directory = '%s'".formatted(folder.resolve("spill")));
      }
    }

    long merge(ObjectStore store, FileGroup group, boolean sorted)
        throws SQLException, IOException {
      Path root = store.localRoot().orElseThrow();
      Path target = folder.resolve("merged.parquet");
      String copy =
          """
          COPY (SELECT * FROM read_parquet([%s]) %s)
          TO '%s' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 131072, RETURN_FILES true)
          """
              .formatted(
                  group.files().stream()
                      .map(file -> "'" + root.resolve(file.objectKey()) + "'")
                      .collect(Collectors.joining(", ")),
                  sorted ? "ORDER BY device" : "",
                  target);
      try (Statement statement = connection.createStatement();
          ResultSet result = statement.executeQuery(copy)) {
        result.next();
        return result.getLong(1);
      } finally {
        Files.deleteIfExists(target);
      }
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Merges()).execute(arguments));
  }
}

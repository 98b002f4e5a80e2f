package io.duckmesh.bench.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * A part of the program that can be broken on purpose, to see that the harness notices. The program
 * itself knows nothing of it: its source is compiled with one text for another, and the classes
 * that come of it stand before the packaged ones on the class path.
 */
enum Mutant {
  /** Two workers that hold the same positions can both commit. */
  NO_COMPARE_AND_SET(
      new Change(Change.COMMIT, "AND s.watermark = w.after_position", ""),
      new Change(Change.COMMIT, "AND s.watermark = r.after_position", ""),
      new Change(Change.COMMIT, "               prepared_day\n        FROM ready", Change.TWICE)),

  /** A batch is acknowledged to the log when it is written, and committed only later. */
  ACK_BEFORE_COMMIT(
      new Change(
          "activities/src/main/java/io/duckmesh/activities/materialize/MaterializeActivitiesImpl.java",
          "metrics.written(batch.shard(), Duration.ofMillis(took));",
          "metrics.written(batch.shard(), Duration.ofMillis(took)); acknowledge(batch);")),

  /** The gateway does not see the header. */
  REQUEST_KEYS_IGNORED(
      new Change(
          "api/src/main/java/io/duckmesh/api/ingest/IngestRequest.java",
          "getHeaders(\"Idempotency-Key\")",
          "getHeaders(\"Another-Header\")")),

  /** The ledger finds no key that has landed. */
  EVENT_KEYS_FORGOTTEN(
      new Change(
          "catalog/src/main/java/io/duckmesh/catalog/postgres/EventKeyDao.java",
          "AND w.state = 'committed'",
          "AND w.state = 'forgotten'")),

  /** A snapshot has the files of later ones. */
  SNAPSHOT_GROWS(
      new Change(
          "catalog/src/main/java/io/duckmesh/catalog/postgres/SnapshotDao.java",
          "AND begin_snapshot <= :snapshotId\n        AND (end_snapshot",
          "AND begin_snapshot <= :snapshotId + 100000\n        AND (end_snapshot"));

  private final List<Change> changes;

  Mutant(Change... changes) {
    this.changes = List.of(changes);
  }

  /**
   * One text for another.
   *
   * @param file below the project's folder
   */
  record Change(String file, String text, String by) {
    static final String COMMIT =
        "catalog/src/main/java/io/duckmesh/catalog/postgres/CommitStatement.java";

    /** The same positions may land twice. */
    static final String TWICE =
        "               prepared_day\n        FROM ready ON CONFLICT DO NOTHING";

    /**
     * The source with the text changed.
     *
     * @throws IllegalStateException if the text is not there: the mutant would be the program as it
     *     is
     */
    String apply(String source) {
      if (!source.contains(text)) {
        throw new IllegalStateException("There is no such text in %s: %s".formatted(file, text));
      }
      return source.replace(text, by);
    }
  }

  /** The changed sources by their files below the project's folder. */
  Map<String, String> sources(Path project) throws IOException {
    Map<String, String> sources = new TreeMap<>();
    for (Change change : changes) {
      String source = sources.get(change.file());
      sources.put(
          change.file(),
          change.apply(source == null ? Files.readString(project.resolve(change.file())) : source));
    }
    return sources;
  }

  /** Compiles the changed sources against the packaged program; returns the folder of classes. */
  Path compile(Path project, Path folder) throws IOException {
    Path classes = Files.createDirectories(folder.resolve("mutant-classes"));
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("-parameters", "-proc:none", "-nowarn", "-d", classes.toString()));
    arguments.addAll(List.of("-cp", libraries(project)));
    for (Map.Entry<String, String> source : sources(project).entrySet()) {
      Path file = folder.resolve("mutant-sources").resolve(source.getKey());
      Files.createDirectories(file.getParent());
      arguments.add(Files.writeString(file, source.getValue()).toString());
    }
    int exit =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    if (exit != 0) {
      throw new IllegalStateException("Mutant %s does not compile".formatted(this));
    }
    return classes;
  }

  private static String libraries(Path project) throws IOException {
    try (Stream<Path> jars = Files.list(project.resolve("worker-main/target/lib"))) {
      return String.join(":", jars.map(Path::toString).toList());
    }
  }

  /** The mutant of that name, as {@link #toString} writes it. */
  static Mutant named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

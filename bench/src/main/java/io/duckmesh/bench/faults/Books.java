package io.duckmesh.bench.faults;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What the catalog says and what is in the bucket, read past the program. Thread-safe. */
final class Books {
  private final String jdbcUrl;
  private final Path bucket;

  /**
   * @param bucket the folder in which the server keeps the objects, by their keys
   */
  Books(String jdbcUrl, Path bucket) {
    this.jdbcUrl = jdbcUrl;
    this.bucket = bucket;
  }

  /** Keys of objects that snapshots have which can be read, or could until lately. */
  Set<String> published() throws SQLException {
    return texts("SELECT object_key FROM catalog.data_file WHERE begin_snapshot IS NOT NULL");
  }

  /** Keys of objects that are being written. */
  Set<String> pending() throws SQLException {
    return texts("SELECT object_key FROM catalog.data_file WHERE begin_snapshot IS NULL");
  }

  /** Keys of objects that wait for being deleted, once or once more. */
  Set<String> garbage() throws SQLException {
    return texts("SELECT object_key FROM catalog.garbage");
  }

  /** What is said of garbage that is still there. */
  Set<String> describeGarbage() throws SQLException {
    return texts(
        """
        SELECT concat_ws(' ', object_key, 'delete from', delete_from, 'deletions', deletions,
                         'failures', failures, failure)
        FROM catalog.garbage
        UNION ALL
        SELECT concat_ws(' ', f.object_key, 'pending since', f.registered_at, w.state, r.state,
                         r.kind)
        FROM catalog.data_file f
        LEFT JOIN catalog.write w USING (write_id)
        LEFT JOIN catalog.rewrite r ON r.rewrite_id = f.write_id
        WHERE f.begin_snapshot IS NULL
        """);
  }

  /** Snapshots that restores of the table have made and that are not forgotten. */
  Set<Long> restoredIn(String table) throws SQLException {
    Set<Long> snapshots = new TreeSet<>();
    texts(
            """
            SELECT CAST(s.snapshot_id AS text)
            FROM catalog.snapshot s
            JOIN catalog.snapshot_table c USING (snapshot_id)
            JOIN catalog.tenant_table t
              ON t.table_id = c.table_id
              AND t.tenant_id = s.tenant_id
            WHERE s.operation = 'restore'
              AND t.name = '%s'
            """
                .formatted(table))
        .forEach(text -> snapshots.add(Long.parseLong(text)));
    return snapshots;
  }

  /** Ids of all tables, dropped ones too. */
  Set<String> tableIds() throws SQLException {
    return texts("SELECT CAST(table_id AS text) FROM catalog.tenant_table");
  }

  /** How many rewrites stand so. */
  long rewrites(String kind, String state) throws SQLException {
    return number(
        "SELECT count(*) FROM catalog.rewrite WHERE kind = '%s' AND state = '%s'"
            .formatted(kind, state));
  }

  /** Rows that restoring and row retention have taken from a live table, or given back. */
  long rowsChanged(String table) throws SQLException {
    return number(
        "SELECT rows_changed FROM catalog.tenant_table WHERE name = '%s' AND dropped_in IS NULL"
            .formatted(table));
  }

  /** When the newest run of the job began that did everything, in microseconds since 1970. */
  Optional<Long> succeeded(String job) throws SQLException {
    return texts(
            """
            SELECT CAST(CAST(extract(epoch FROM max(started_at)) * 1000000 AS bigint) AS text)
            FROM catalog.upkeep_run
            WHERE job = '%s' AND state = 'succeeded' AND NOT dry_run
            """
                .formatted(job))
        .stream()
        .findFirst()
        .map(Long::valueOf);
  }

  /** Keys of all objects that are in the bucket; results of queries are not among them. */
  Set<String> stored() throws IOException {
    Set<String> keys = new TreeSet<>();
    Files.walkFileTree(
        bucket,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            String name = String.valueOf(folder.getFileName());
            return name.startsWith(".") || name.equals("results")
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            keys.add(bucket.relativize(file).toString());
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
    return keys;
  }

  private long number(String sql) throws SQLException {
    return texts("SELECT CAST(n AS text) FROM (" + sql + ") AS x(n)").stream()
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElse(0);
  }

  private Set<String> texts(String sql) throws SQLException {
    Set<String> texts = new TreeSet<>();
    try (Connection connection = DriverManager.getConnection(jdbcUrl);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        String text = rows.getString(1);
        if (text != null) {
          texts.add(text);
        }
      }
    }
    return texts;
  }
}

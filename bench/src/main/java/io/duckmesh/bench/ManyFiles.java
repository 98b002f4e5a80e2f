package io.duckmesh.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.UUID;

/**
 * Makes tables of many small files, each with its own range of ids. The files are entered in the
 * catalog directly, since to land as many takes a quarter of an hour; to queries they are as landed
 * ones.
 */
final class ManyFiles {
  static final int ROWS = 100;

  private static final String COLUMNS =
      """
      [{"name":"id","type":"BIGINT"},{"name":"moment","type":"TIMESTAMPTZ"},
       {"name":"value","type":"DOUBLE"},{"name":"kind","type":"VARCHAR"}]""";

  private final QueryStage stage;

  ManyFiles(QueryStage stage) {
    this.stage = stage;
  }

  /** Makes a table whose file {@code n} has the ids from {@code n * ROWS} on. */
  void create(String table, int files) throws IOException, SQLException, InterruptedException {
    UUID id =
        UUID.fromString(
            stage
                .local()
                .createTable("{\"name\": \"%s\", \"columns\": %s}".formatted(table, COLUMNS)));
    // One row that lands gives the write and the snapshot that the files are entered under.
    stage.local().send(table, "{\"id\": -1}");
    stage.local().drain();
    try (Connection catalog = stage.catalog();
        Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
        Statement copy = duckDb.createStatement()) {
      Path folder =
          Files.createDirectories(stage.objects().resolve("%s/%s".formatted(tenant(catalog), id)));
      catalog.setAutoCommit(false);
      try (PreparedStatement insert =
          catalog.prepareStatement(
              """
              INSERT INTO catalog.data_file (object_key, write_id, table_id, registered_at,
                schema_version, row_count, size_bytes, content_hash, field_ids, null_counts, mins,
                maxs, begin_snapshot)
              SELECT ?, f.write_id, f.table_id, f.registered_at, f.schema_version, ?, ?,
                     f.content_hash, ?, ?, ?, ?, f.begin_snapshot
              FROM catalog.data_file f
              WHERE f.table_id = ? AND f.row_count = 1
              LIMIT 1
              """)) {
        for (int i = 0; i < files; i++) {
          Path file = folder.resolve("many-%05d.parquet".formatted(i));
          write(copy, i, file);
          enter(catalog, insert, id, i, stage.objects(), file);
        }
        insert.executeBatch();
      }
      catalog.commit();
    }
  }

  private static String tenant(Connection catalog) throws SQLException {
    try (Statement statement = catalog.createStatement();
        ResultSet row = statement.executeQuery("SELECT tenant_id FROM catalog.tenant")) {
      row.next();
      return row.getString(1);
    }
  }

  private static void write(Statement copy, int number, Path file) throws SQLException {
    copy.execute(
        """
        COPY (
          SELECT i AS id, TIMESTAMPTZ '2026-01-01 00:00:00Z' + to_seconds(i) AS moment,
                 sqrt(i) AS value, 'kind-' || (i %% 7) AS kind
          FROM range(%d, %d) r(i))
        TO '%s' (FORMAT parquet, FIELD_IDS {id: 1, moment: 2, value: 3, kind: 4})
        """
            .formatted((long) number * ROWS, (number + 1L) * ROWS, file));
  }

  private static void enter(
      Connection catalog, PreparedStatement insert, UUID table, int number, Path objects, Path file)
      throws SQLException, IOException {
    long first = (long) number * ROWS;
    long last = first + ROWS - 1;
    insert.setString(1, objects.relativize(file).toString());
    insert.setLong(2, ROWS);
    insert.setLong(3, Files.size(file));
    insert.setArray(4, catalog.createArrayOf("int", new Integer[] {1, 2, 3, 4}));
    insert.setArray(5, catalog.createArrayOf("bigint", new Long[] {0L, 0L, 0L, 0L}));
    insert.setArray(6, bounds(catalog, first, "kind-0"));
    insert.setArray(7, bounds(catalog, last, "kind-6"));
    insert.setObject(8, table);
    insert.addBatch();
    if (number % 1_000 == 999) {
      insert.executeBatch();
    }
  }

  private static Array bounds(Connection catalog, long id, String kind) throws SQLException {
    String at = Instant.parse("2026-01-01T00:00:00Z").plusSeconds(id).toString();
    return catalog.createArrayOf(
        "text", new String[] {Long.toString(id), at, Double.toString(Math.sqrt(id)), kind});
  }
}

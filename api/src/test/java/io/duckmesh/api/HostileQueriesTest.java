package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.objects.cache.ObjectCache;
import io.duckmesh.engine.query.QueryEngine;
import io.duckmesh.engine.query.duckdb.DuckDbOptions;
import io.duckmesh.engine.query.duckdb.DuckDbQueries;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Some of the engine's hostile statements, sent by a client who has a key. */
class HostileQueriesTest extends GatewayTestBase {
  @TempDir private static Path directory;
  private static ObjectCache cache;
  private static QueryEngine engine;
  private static TestGateway real;
  private static String table;

  @BeforeAll
  static void start() {
    cache = ObjectCache.open(store(), directory.resolve("cache"), 1L << 30);
    engine = DuckDbQueries.create(cache, DuckDbOptions.defaults(directory.resolve("spill")));
    real = TestGateway.start(database(), engine, ApiSettings.DEFAULTS);
    table = newTable();
    TestGateway.Answer sent =
        real.post(events(table) + "?wait=visible&timeout=10s", "{\"id\":1,\"note\":\"a\"}", NDJSON);
    assertThat(sent.json().get("state").asString()).isEqualTo("visible");
  }

  @AfterAll
  static void stop() {
    real.close();
    engine.close();
    cache.close();
  }

  private static TestGateway.Answer query(String sql) {
    return real.post(
        "/v1/query", "{\"sql\":\"%s\",\"limits\":{\"timeout_ms\":500}}".formatted(sql));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          SELECT * FROM read_text('/etc/passwd') | QUERY_REJECTED
          SELECT * FROM read_parquet('{cache}/**') | QUERY_REJECTED
          SELECT * FROM glob('{cache}/*') | QUERY_REJECTED
          SELECT * FROM '{cache}/x.parquet' | TABLE_NOT_FOUND
          SELECT * FROM \\"/etc/passwd\\" | TABLE_NOT_FOUND
          FROM 'https://example.org/x.csv' | TABLE_NOT_FOUND
          DESCRIBE '/etc/passwd' | TABLE_NOT_FOUND
          EXPLAIN FROM '/etc/passwd' | TABLE_NOT_FOUND
          SELECT * FROM accounts | TABLE_NOT_FOUND
          SELECT * FROM accounts AT (VERSION => 1) | TABLE_NOT_FOUND
          SELECT * FROM rival.accounts | QUERY_REJECTED
          SELECT * FROM pg_catalog.pg_settings | QUERY_REJECTED
          SELECT * FROM information_schema.views | QUERY_REJECTED
          SELECT * FROM duckdb_settings() | QUERY_REJECTED
          SELECT current_setting('temp_directory') | QUERY_REJECTED
          SELECT getvariable('files_1') | QUERY_REJECTED
          SELECT getenv('HOME') | QUERY_REJECTED
          SHOW DATABASES | QUERY_REJECTED
          EXPLAIN ANALYZE SELECT 1 | QUERY_REJECTED
          SET threads = 100 | QUERY_REJECTED
          ATTACH '{cache}/x.db' | QUERY_REJECTED
          COPY (SELECT 1) TO '{cache}/x.csv' | QUERY_REJECTED
          INSTALL httpfs | QUERY_REJECTED
          PREPARE p AS SELECT 1 | QUERY_REJECTED
          CREATE MACRO m() AS 1 | QUERY_REJECTED
          SELECT 1; DROP TABLE %s | QUERY_REJECTED
          WITH c AS (DELETE FROM %s RETURNING *) FROM c | QUERY_REJECTED
          SELECT 1\\u0000; DROP TABLE %s | QUERY_REJECTED
          SELECT * FROM \\uff52ead_text('/etc/passwd') | QUERY_REJECTED
          SELECT * FROM query('SELECT 1') | QUERY_REJECTED
          SELECT filename FROM %s | QUERY_REJECTED
          SELECT repeat('x', 2000000000) | QUERY_REJECTED
          SELECT list_transform(range(1000000), x -> range(10000)) | QUERY_REJECTED
          SELECT count(*) FROM range(10000000000) a, range(1000000000) b | QUERY_TIMEOUT
          WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r | QUERY_TIMEOUT
          """)
  void statementIsRefusedAndTheNextOneRuns(String sql, String code) {
    TestGateway.Answer answer =
        query(sql.replace("{cache}", cache.root().toString()).replace("%s", table));

    assertThat(answer.errorCode()).isEqualTo(code);
    if (!sql.contains("{cache}")) {
      assertThat(answer.body()).doesNotContain(directory.toString());
    }
    TestGateway.Answer next =
        real.post("/v1/query", "{\"sql\":\"SELECT count(*) FROM %s\"}".formatted(table));
    assertThat(next.body()).contains("\"rows\":[[1]]");
  }

  @Test
  void listOfTablesIsThatOfTheSnapshot() {
    TestGateway.Answer before = query("SELECT 1");
    String later = newTable();
    String tables =
        "SELECT count(*) FROM information_schema.tables WHERE table_name = '%s'".formatted(later);

    assertThat(query(tables).json().get("rows").toString()).isEqualTo("[[1]]");
    assertThat(
            real.post(
                    "/v1/query",
                    "{\"sql\":\"%s\",\"snapshot_id\":%d}"
                        .formatted(tables, before.json().get("snapshot_id").asLong()))
                .json()
                .get("rows")
                .toString())
        .isEqualTo("[[0]]");
    assertThat(query("SHOW TABLES").body()).contains("[\"" + later + "\"]");
    assertThat(query("DESCRIBE " + later).body()).contains("[\"id\",\"BIGINT\"");
  }
}

package io.duckmesh.engine.query.duckdb;

import static io.duckmesh.engine.parquet.RowBatches.row;
import static io.duckmesh.engine.parquet.RowBatches.schema;
import static io.duckmesh.engine.query.duckdb.QueryFixture.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.QueryCancellation;
import io.duckmesh.engine.query.QueryCancelledException;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryMeter;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.schema.RowSchema;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The worst of each family of hostile statements is cancelled while it runs. */
class CancelHostileTest {
  private static final RowSchema EVENTS = schema("id INTEGER", "name VARCHAR");

  /** Far beyond what the test waits for. */
  private static final QueryLimits LONG = QueryFixture.timeout(Duration.ofMinutes(10));

  private static final long DEADLINE_SECONDS = 60;

  @TempDir private static Path folder;
  private static QueryFixture fixture;
  private static BoundTable events;
  private static BoundTable accounts;

  @BeforeAll
  static void open() {
    long memory = 512L << 20;
    fixture =
        new QueryFixture(
            folder,
            DuckDbOptions.defaults(folder.resolve("spill"))
                .withMemoryBytes(memory)
                .withProcessMemoryBytes(3 * memory));
    events = table("events", EVENTS, fixture.file(EVENTS, row(1, "a"), row(2, "b")));
    accounts = table("accounts", EVENTS, fixture.file("rival", EVENTS, row(5, "c")));
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT count(*) FROM range(10000000000) a, range(1000000000) b",
        "SELECT range FROM range(10000000000) ORDER BY hash(range) DESC LIMIT 1",
        "SELECT count(DISTINCT hash(range)) FROM range(10000000000)",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "SELECT sum(range) OVER (ORDER BY hash(range) ROWS BETWEEN 1000000 PRECEDING AND 1000000 FOLLOWING) FROM range(100000000)",
        "SELECT max(levenshtein(a || range, b || range)) FROM range(2048), (SELECT repeat('a', 9000) AS a, repeat('b', 9000) AS b)",
        "SELECT length(json_pretty(repeat('[', 3000000) || repeat(']', 3000000)))",
        "SELECT count(*) FROM events, range(100000000000) r WHERE hash(r.range + id) = 0",
      })
  void queryEndsAndTheNextOnesAreAnswered(String sql) throws Exception {
    QueryCancellation cancellation = new QueryCancellation();
    QueryMeter meter = new QueryMeter();

    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> answer =
          threads.submit(() -> query(QueryFixture.TENANT, sql, events, cancellation, meter));
      await(() -> meter.current() == QueryMeter.Phase.RUN);
      cancellation.cancel();

      assertThatThrownBy(() -> answer.get(DEADLINE_SECONDS, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(QueryCancelledException.class);
    }

    assertThat(fixture.query("SELECT sum(id) FROM events", events)).isEqualTo("[[3]]");
    assertThat(
            query(
                "rival",
                "SELECT id FROM accounts",
                accounts,
                new QueryCancellation(),
                new QueryMeter()))
        .isEqualTo("[[5]]");
  }

  private static String query(
      String tenant,
      String sql,
      BoundTable table,
      QueryCancellation cancellation,
      QueryMeter meter) {
    try (QueryExecution execution =
        fixture.engine.start(
            "q-1",
            tenant,
            fixture.engine.check(sql),
            sql.contains(table.reference().name()) ? List.of(table) : List.of(),
            QueryParameters.NONE,
            LONG,
            cancellation,
            meter)) {
      return QueryFixture.text(ResultFormat.JSON_ROWS, execution);
    }
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}

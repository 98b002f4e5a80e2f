package io.duckmesh.engine.query.duckdb;

import static io.duckmesh.engine.parquet.RowBatches.row;
import static io.duckmesh.engine.parquet.RowBatches.schema;
import static io.duckmesh.engine.query.duckdb.QueryFixture.table;
import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.BoundTable.TableFile;
import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.ListedTable;
import io.duckmesh.engine.query.QueryCancelledException;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryFailedException;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryOverloadedException;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.QueryTimeoutException;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.schema.RowSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Statements of somebody who has a key and bad intentions, against an engine that holds the files
 * of two tenants: nothing of the machine or of the other tenant is seen, and the engine goes on.
 */
class HostileStatementsTest {
  private static final RowSchema EVENTS = schema("id INTEGER", "name VARCHAR");
  private static final RowSchema WIDE = schema("id INTEGER", "s VARCHAR");
  private static final int WIDE_ROWS = 8;
  private static final int WIDE_BYTES = 4 << 20;
  private static final Logger log = LoggerFactory.getLogger(HostileStatementsTest.class);
  private static final String SECRET = "rivals-own-7f3a";

  private static final Duration LIMIT = Duration.ofMillis(500);

  /** No statement takes that long on any machine, since each has a limit of its own. */
  private static final Duration HANGING = Duration.ofSeconds(120);

  /** What the process may grow beyond DuckDB's own limit while a bomb goes off. */
  private static final long MAX_GROWTH_BYTES = 3L << 30;

  private static final long MEMORY_BYTES = 512L << 20;

  @TempDir private static Path folder;
  private static QueryFixture fixture;
  private static HostileStatements statements;
  private static BoundTable events;
  private static BoundTable wide;
  private static BoundTable accounts;
  private static List<String> secrets;

  @BeforeAll
  static void open() {
    fixture =
        new QueryFixture(
            folder,
            DuckDbOptions.defaults(folder.resolve("spill"))
                .withMemoryBytes(MEMORY_BYTES)
                .withProcessMemoryBytes(3 * MEMORY_BYTES)
                .withSpillBytes(256L << 20));
    TableFile own = fixture.file(EVENTS, row(1, "a"), row(2, "b"));
    TableFile rivals = fixture.file("rival", EVENTS, row(1, SECRET));
    events = table("events", EVENTS, own);
    accounts = table("accounts", EVENTS, rivals);
    wide =
        table(
            "wide",
            WIDE,
            fixture.file(
                WIDE,
                IntStream.range(0, WIDE_ROWS)
                    .mapToObj(id -> row(id, "w".repeat(WIDE_BYTES)))
                    .toArray(Object[][]::new)));
    assertThat(rivalsQuery("FROM accounts")).contains(SECRET);
    fixture.query("FROM events", events);
    Path cache = fixture.cache.root();
    statements =
        HostileStatements.load(
            cache.resolve(own.key().value()), cache.resolve(rivals.key().value()), cache, folder);
    secrets =
        List.of(
            SECRET,
            folder.toString(),
            own.key().value(),
            rivals.key().value(),
            "root:x:0",
            "allowed_directories",
            "jdbc_stream_results",
            MEMORY_BYTES / (1 << 20) + ".0 MiB");
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  @Test
  void thereAreManyOfManyKinds() {
    assertThat(statements.all()).hasSizeGreaterThan(520);
    assertThat(statements.all().stream().map(HostileStatements.Hostile::family).distinct())
        .hasSizeGreaterThan(8);
    assertThat(statements.all().stream().map(HostileStatements.Hostile::sql))
        .doesNotHaveDuplicates();
  }

  @Test
  void eachEndsAsItMustAndTheNextQueryRuns() {
    List<String> wrong = new ArrayList<>();
    Map<String, Long> millis = new LinkedHashMap<>();
    for (HostileStatements.Hostile hostile : statements.all()) {
      log.debug("Running hostile statement sql={}", hostile.shortened());
      long started = System.nanoTime();
      Ending ending = runInTime(hostile.sql());
      boolean contained = !Set.of("hanging", "breaking").contains(ending.kind());
      if (hostile.expected().equals("contained")
          ? !contained
          : !List.of(hostile.expected().split("\\|")).contains(ending.kind())) {
        wrong.add(
            "%s instead of %s: %s -- %s"
                .formatted(ending.kind(), hostile.expected(), hostile.shortened(), ending.text()));
      }
      for (String secret : secrets) {
        if (ending.text().contains(secret) && !hostile.sql().contains(secret)) {
          wrong.add("shows %s: %s".formatted(secret, hostile.shortened()));
        }
      }
      if (ending.grownBytes() > MAX_GROWTH_BYTES) {
        wrong.add("took %d MiB: %s".formatted(ending.grownBytes() >> 20, hostile.shortened()));
      }
      checkNextQueries(hostile, wrong);
      millis.merge(hostile.family(), (System.nanoTime() - started) / 1_000_000, Long::sum);
    }
    log.info("Ran hostile statements count={} millis={}", statements.all().size(), millis);

    assertThat(String.join("\n", wrong)).isEmpty();
  }

  /** Whatever became of the statement, the tenant's next query is answered, and the other's. */
  private static void checkNextQueries(HostileStatements.Hostile hostile, List<String> wrong) {
    try {
      String own = fixture.query("SELECT sum(id) FROM events", events);
      String rivals = rivalsQuery("SELECT id FROM accounts");
      if (!own.equals("[[3]]") || !rivals.equals("[[1]]")) {
        wrong.add("next queries answer %s, %s: %s".formatted(own, rivals, hostile.shortened()));
      }
    } catch (QueryFailedException | QueryTimeoutException | QueryOverloadedException e) {
      wrong.add("next query fails: %s -- %s".formatted(hostile.shortened(), e));
    }
  }

  private static String rivalsQuery(String sql) {
    try (QueryExecution execution =
        fixture.engine.start(
            "q-0",
            "rival",
            fixture.engine.check(sql),
            List.of(accounts),
            QueryParameters.NONE,
            QueryLimits.DEFAULTS)) {
      return QueryFixture.text(ResultFormat.JSON_ROWS, execution);
    }
  }

  /** How a statement ended, and all that was said about it. */
  private record Ending(String kind, String text, long grownBytes) {}

  /** A statement that no limit ends fails the test instead of holding it. */
  private static Ending runInTime(String sql) {
    FutureTask<Ending> task = new FutureTask<>(() -> run(sql));
    Thread.ofPlatform().daemon().start(task);
    try {
      return task.get(HANGING.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return new Ending("hanging", "", 0);
    } catch (ExecutionException e) {
      log.error("Statement breaks the engine", e.getCause());
      return new Ending("breaking", String.valueOf(e.getCause()), 0);
    } catch (InterruptedException e) {
      throw new AssertionError("Interrupted", e);
    }
  }

  private static Ending run(String sql) {
    ProcessMemory.resetPeak();
    long before = ProcessMemory.peakBytes();
    String kind;
    String text;
    try {
      text = answer(sql);
      kind = "answered";
    } catch (QueryRejectedException e) {
      text = e.getMessage();
      kind = text.matches("(?s)Table .* does not exist") ? "missing" : "refused";
    } catch (QueryFailedException e) {
      text = e.getMessage();
      kind = "failed";
    } catch (QueryTimeoutException | QueryCancelledException e) {
      text = e.getMessage();
      kind = "stopped";
    }
    return new Ending(kind, text, ProcessMemory.peakBytes() - before);
  }

  /** Binds the tenant's own table, as the gateway does, and nothing else. */
  private static String answer(String sql) {
    CheckedQuery query = fixture.engine.check(sql);
    List<BoundTable> bound = new ArrayList<>();
    for (TableReference reference : query.tables()) {
      if (DuckDbSql.foldCase(reference.name()).equals("wide") && reference.version() == null) {
        bound.add(wide);
      }
      if (DuckDbSql.foldCase(reference.name()).equals("events")
          && reference.timestamp() == null
          && (reference.version() == null || reference.version() == 1)) {
        bound.add(new BoundTable(reference, events.stateId(), EVENTS, events.files()));
      }
    }
    if (query.listsTables()) {
      query = query.listing(List.of(new ListedTable("events", EVENTS)));
    }
    try (QueryExecution execution =
        fixture.engine.start(
            "q-1",
            QueryFixture.TENANT,
            query,
            bound,
            QueryParameters.NONE,
            new QueryLimits(LIMIT, 1_000, 1 << 20))) {
      return execution.columns() + QueryFixture.text(ResultFormat.JSON_ROWS, execution);
    }
  }

  @Test
  void ownFolderIsAsItWas() throws IOException {
    try (var files = Files.walk(fixture.cache.root())) {
      assertThat(
              files
                  .filter(Files::isRegularFile)
                  .map(file -> file.getFileName().toString())
                  .filter(name -> !name.endsWith(".parquet")))
          .isEmpty();
    }
  }
}

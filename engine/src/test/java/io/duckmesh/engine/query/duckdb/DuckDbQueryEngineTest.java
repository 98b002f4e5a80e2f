package io.duckmesh.engine.query.duckdb;

import static io.duckmesh.engine.parquet.RowBatches.row;
import static io.duckmesh.engine.parquet.RowBatches.schema;
import static io.duckmesh.engine.query.duckdb.QueryFixture.table;
import static io.duckmesh.engine.query.duckdb.QueryFixture.tableAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectNotFoundException;
import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.BoundTable.TableFile;
import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.QueryCancellation;
import io.duckmesh.engine.query.QueryCancelledException;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryFailedException;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryMeter;
import io.duckmesh.engine.query.QueryOverloadedException;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.QueryTimeoutException;
import io.duckmesh.engine.query.ResultColumn;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.ResultSummary;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.query.pruning.TableStatistics;
import io.duckmesh.engine.schema.Column;
import io.duckmesh.engine.schema.ColumnType;
import io.duckmesh.engine.schema.ColumnType.Primitive;
import io.duckmesh.engine.schema.RowSchema;
import io.duckmesh.engine.schema.TypeParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DuckDbQueryEngineTest {
  private static final RowSchema EVENTS = schema("id INTEGER", "name VARCHAR");

  /** Computes for minutes and answers one row. */
  private static final String SLOW =
      "SELECT sum(a.i * b.i) FROM range(1000000) a(i), range(10000000) b(i)";

  /** Answers rows at once and then computes for minutes before the next. */
  private static final String SLOW_AFTER_ROWS =
      "SELECT i FROM range(10000000000) t(i) WHERE i < 5000 OR hash(i) = 0";

  @TempDir private static Path sharedFolder;

  /** For tests that need no engine of their own, since each starts processes. */
  private static QueryFixture shared;

  @TempDir Path folder;
  private QueryFixture fixture;

  @BeforeAll
  static void open() {
    shared = new QueryFixture(sharedFolder);
  }

  @AfterAll
  static void closeWithoutLeaks() {
    shared.close();
  }

  @BeforeEach
  void share() {
    fixture = shared;
  }

  @AfterEach
  void closeOwn() {
    if (fixture != shared) {
      fixture.close();
    }
  }

  @Test
  void filesOfATableAreReadTogether() {
    TableFile first = fixture.file(EVENTS, row(1, "a"), row(2, null));
    TableFile second = fixture.file(EVENTS, row(3, "c"));

    String answer =
        fixture.query("SELECT * FROM events ORDER BY id", table("events", EVENTS, first, second));

    assertThat(answer).isEqualTo("[[1,\"a\"],\n[2,null],\n[3,\"c\"]]");
  }

  @Test
  void columnsAreKnownBeforeRowsAreWritten() {
    BoundTable events = table("events", EVENTS, fixture.file(EVENTS, row(1, "a")));

    try (QueryExecution execution =
        fixture.start("SELECT id, name AS n, sum(id) OVER () s, NULL FROM events", events)) {
      assertThat(execution.columns())
          .containsExactly(
              new ResultColumn("id", "INTEGER"),
              new ResultColumn("n", "VARCHAR"),
              new ResultColumn("s", "HUGEINT"),
              new ResultColumn("NULL", "NULL"));
    }
  }

  @Test
  void tableWithoutFilesHasItsColumnsAndNoRows() {
    assertThat(fixture.query("SELECT count(*), max(name) FROM events", table("events", EVENTS)))
        .isEqualTo("[[0,null]]");
    assertThat(fixture.query("SELECT name FROM events WHERE id > 1", table("events", EVENTS)))
        .isEqualTo("[]");
  }

  @Test
  void olderFilesAreReadByFieldId() {
    RowSchema older =
        new RowSchema(
            1,
            List.of(
                new Column(1, "id", Primitive.INTEGER, true, null),
                new Column(2, "name", Primitive.VARCHAR, false, null),
                new Column(3, "dropped", Primitive.DOUBLE, false, null)));
    RowSchema newer =
        new RowSchema(
            2,
            List.of(
                new Column(1, "id", Primitive.BIGINT, true, null),
                new Column(2, "title", Primitive.VARCHAR, false, null),
                new Column(4, "name", Primitive.VARCHAR, false, "\"it's \\\"new\\\"\""),
                new Column(5, "score", TypeParser.parse("DECIMAL(10,2)"), false, "1.5"),
                new Column(6, "empty", Primitive.DATE, false, null)));
    TableFile old = fixture.file(older, row(1, "a", 0.5));
    TableFile current = fixture.file(newer, row(1L << 40, "b", "named", new BigDecimal("2.25"), 0));

    String answer =
        fixture.query("SELECT *, typeof(id) FROM t ORDER BY id", table("t", newer, old, current));

    assertThat(answer)
        .isEqualTo(
            "[[1,\"a\",\"it's \\\"new\\\"\",1.50,null,\"BIGINT\"],\n"
                + "[1099511627776,\"b\",\"named\",2.25,\"1970-01-01\",\"BIGINT\"]]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          BOOLEAN | true | true
          SMALLINT | -5 | -5
          BIGINT | 9007199254740993 | 9007199254740993
          REAL | 0.1 | 0.1
          DOUBLE | 1e300 | 1.0E300
          DECIMAL(38,2) | 123456789012345678901234567890123456.78 | 123456789012345678901234567890123456.78
          VARCHAR | "x\\n'y" | "x\\n'y"
          DATE | "2026-01-31" | "2026-01-31"
          TIME | "12:34:56.5" | "12:34:56.5"
          TIMESTAMP | "2026-01-31T12:34:56.000001" | "2026-01-31T12:34:56.000001"
          TIMESTAMPTZ | "2026-01-31T12:34:56+02:00" | "2026-01-31T10:34:56Z"
          UUID | "00112233-4455-6677-8899-aabbccddeeff" | "00112233-4455-6677-8899-aabbccddeeff"
          BLOB | "AP8=" | "AP8="
          JSON | {"a": [1.50, null]} | {"a": [1.50, null]}
          JSON | "text" | "text"
          INTEGER[] | [1, null, 3] | [1,null,3]
          STRUCT(a INTEGER, "b c" VARCHAR[]) | {"a": 1, "b c": ["x"]} | {"a":1,"b c":["x"]}
          INTEGER | null | null
          """)
  void defaultFillsFilesWithoutTheColumn(String type, String defaultValue, String expected) {
    ColumnType parsed = TypeParser.parse(type);
    RowSchema newer =
        new RowSchema(
            2,
            List.of(
                new Column(1, "id", Primitive.INTEGER, false, null),
                new Column(9, "added", parsed, false, defaultValue)));
    TableFile old = fixture.file(EVENTS, row(1, "a"));

    assertThat(fixture.query("SELECT added FROM t", table("t", newer, old)))
        .isEqualTo("[[" + expected + "]]");
    assertThat(fixture.query("SELECT added FROM t WHERE id = 0", table("t", newer)))
        .isEqualTo("[]");
  }

  @Test
  void statesOfOneTableAreReadInOneQuery() {
    TableFile first = fixture.file(EVENTS, row(1, "a"));
    TableFile second = fixture.file(EVENTS, row(2, "b"));
    RowSchema older = schema("id INTEGER");

    String answer =
        fixture.query(
            """
            SELECT now.id, now.name, old.id
            FROM Events now LEFT JOIN events old AT (VERSION => 7) ON now.id = old.id
            ORDER BY ALL
            """,
            table("Events", EVENTS, first, second),
            tableAt(7, "events", older, first));

    assertThat(answer).isEqualTo("[[1,\"a\",1],\n[2,\"b\",null]]");
  }

  @Test
  void tableAtATimestampIsReadUnderItsName() {
    TableFile file = fixture.file(EVENTS, row(1, "a"));
    BoundTable table =
        new BoundTable(
            new TableReference("events", null, "2026-01-31"), "s-1", EVENTS, List.of(file));

    assertThat(
            fixture.query("SELECT events.name FROM events AT (TIMESTAMP => '2026-01-31')", table))
        .isEqualTo("[[\"a\"]]");
  }

  @Test
  void aNewStateIsSeenByTheNextQueryOfTheSameSession() {
    TableFile first = fixture.file(EVENTS, row(1, "a"));
    TableFile second = fixture.file(EVENTS, row(2, "b"));
    String sql = "SELECT count(*) FROM events";

    assertThat(fixture.query(sql, table("events", EVENTS, first))).isEqualTo("[[1]]");
    assertThat(fixture.query(sql, table("events", EVENTS, first, second))).isEqualTo("[[2]]");
    assertThat(fixture.query(sql, table("events", EVENTS, first))).isEqualTo("[[1]]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BOOLEAN | true",
        "SMALLINT | 7",
        "INTEGER | 7",
        "BIGINT | 9007199254740993",
        "REAL | 0.1",
        "DOUBLE | 0.1",
        "DECIMAL(4,1) | 1.5",
        "DECIMAL(38,5) | 123456789012345678901234567890123.12345",
        "VARCHAR | é",
        "DATE | 18322",
        "TIME | 43200000001",
        "TIMESTAMP | 1582934400000001",
        "TIMESTAMPTZ | 1582934400000001",
        "UUID | 80000000-0000-0000-0000-00000000000b",
        "BLOB | x",
        "JSON | {\"a\": 1.50}",
        "INTEGER[] | 7",
        "STRUCT(a DECIMAL(9,2), \"b c\" TIMESTAMPTZ[]) | 1.5",
        "STRUCT(j JSON, u UUID)[] | 1"
      })
  void fileOfTheTablesOwnSchemaIsReadAsOthersAre(String typeAndValue) {
    String[] parts = typeAndValue.split(" \\| ");
    RowSchema schema =
        new RowSchema(1, List.of(new Column(3, "v", TypeParser.parse(parts[0]), false, null)));
    TableFile own =
        fixture.statedFile(schema, row(value(schema, parts[1])), row((Object) null)).file();
    TableFile other = new TableFile(own.key(), own.sizeBytes(), own.rowCount());
    String sql = "SELECT v, typeof(v) FROM t";

    assertThat(fixture.query(sql, table("t", schema, own)))
        .isEqualTo(fixture.query(sql, table("t", schema, other)))
        .isNotEmpty();
  }

  /** A value of the type, out of its text where it is not nested. */
  private static Object value(RowSchema schema, String text) {
    return switch (schema.columns().getFirst().type()) {
      case ColumnType.Decimal decimal -> new BigDecimal(text);
      case ColumnType.ListOf list ->
          list.element() == Primitive.INTEGER
              ? Arrays.asList(7, null)
              : List.of(List.of("{}", UUID.randomUUID()));
      case ColumnType.Struct struct ->
          List.of(new BigDecimal("1.5"), Arrays.asList(1_582_934_400_000_001L, null));
      case Primitive primitive ->
          switch (primitive) {
            case BOOLEAN -> Boolean.valueOf(text);
            case SMALLINT, INTEGER, BIGINT, DATE, TIME, TIMESTAMP, TIMESTAMPTZ ->
                Long.valueOf(text);
            case REAL, DOUBLE -> Double.valueOf(text);
            case VARCHAR, JSON -> text;
            case UUID -> UUID.fromString(text);
            case BLOB -> text.getBytes(StandardCharsets.UTF_8);
          };
    };
  }

  @Test
  void meterTellsWhichFilesWereLeftOut() throws Exception {
    TableStatistics.Builder statistics = new TableStatistics.Builder(EVENTS, 3);
    List<TableFile> files = new ArrayList<>();
    for (int id = 1; id <= 3; id++) {
      QueryFixture.StatedFile file = fixture.statedFile(EVENTS, row(id, "a"));
      statistics.add(EVENTS, 1, file.statistics());
      files.add(file.file());
    }
    BoundTable events =
        new BoundTable(
            new TableReference("events", null, null), "s-1", EVENTS, files, statistics.build());
    QueryMeter meter = new QueryMeter();

    try (QueryExecution execution =
        fixture.engine.start(
            "q-1",
            QueryFixture.TENANT,
            fixture.engine.check("SELECT id FROM events WHERE id = 2"),
            List.of(events),
            QueryParameters.NONE,
            QueryLimits.DEFAULTS,
            new QueryCancellation(),
            meter)) {
      assertThat(QueryFixture.text(ResultFormat.JSON_ROWS, execution)).isEqualTo("[[2]]");
    }

    assertThat(meter.files().count()).isEqualTo(1);
    assertThat(meter.prunedFiles()).isEqualTo(2);
  }

  @Test
  void warmedTenantAnswersAsOthers() {
    BoundTable events = table("events", EVENTS, fixture.file(EVENTS, row(1, "a")));

    fixture.engine.warm(QueryFixture.TENANT);
    fixture.engine.warm(QueryFixture.TENANT);

    assertThat(fixture.query("SELECT * FROM events", events)).isEqualTo("[[1,\"a\"]]");
    assertThatThrownBy(() -> fixture.engine.warm("../other"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void fileIsThereAfterItWasPrefetched() throws Exception {
    TableFile file = fixture.file(EVENTS, row(1, "a"));

    fixture.engine.prefetch(file);

    assertThat(fixture.query("SELECT id FROM events", table("events", EVENTS, file)))
        .isEqualTo("[[1]]");
    assertThatThrownBy(
            () ->
                fixture.engine.prefetch(new TableFile(new ObjectKey("acme/t/gone.parquet"), 10, 1)))
        .isInstanceOf(ObjectNotFoundException.class);
  }

  @Test
  void namesAreQuotedAndComparedWithoutCase() {
    BoundTable odd = table("My \"T\"; x", EVENTS, fixture.file(EVENTS, row(1, "a")));

    assertThat(fixture.query("SELECT id FROM \"my \"\"t\"\"; X\"", withName(odd, "my \"t\"; X")))
        .isEqualTo("[[1]]");
  }

  @Test
  void tableHidesDuckDbsOwnRelationOfItsName() {
    BoundTable table = table("duckdb_tables", EVENTS, fixture.file(EVENTS, row(1, "a")));

    assertThat(fixture.query("SELECT name FROM duckdb_tables", table)).isEqualTo("[[\"a\"]]");
  }

  @Test
  void withClauseHidesATable() {
    BoundTable events = table("events", EVENTS, fixture.file(EVENTS, row(1, "a")));

    assertThat(
            fixture.query(
                "WITH events AS (SELECT id + 1 AS id FROM events) SELECT id FROM events", events))
        .isEqualTo("[[2]]");
  }

  @Test
  void tableThatIsNotBoundIsRefusedBeforeDuckDbLooksForIt() {
    for (String sql :
        List.of(
            "SELECT * FROM nothing",
            "SELECT * FROM duckdb_tables",
            "SELECT * FROM sqlite_master",
            "SELECT * FROM '/etc/passwd'",
            "SELECT * FROM '" + fixture.cache.root() + "/acme/table/x.parquet'")) {
      assertThatThrownBy(() -> fixture.start(sql))
          .isInstanceOf(QueryRejectedException.class)
          .hasMessageStartingWith("Table ")
          .hasMessageEndingWith(" does not exist");
    }
  }

  @Test
  void originOfRowsIsHidden() {
    BoundTable events = table("events", EVENTS, fixture.file(EVENTS, row(1, "a")));

    for (String column : List.of("filename", "file_row_number", "file_index", "rowid")) {
      assertThatThrownBy(() -> fixture.start("SELECT " + column + " FROM events", events))
          .isInstanceOf(QueryRejectedException.class)
          .hasMessageContaining("\"" + column + "\" not found");
    }
  }

  @Test
  void parametersAreBound() {
    BoundTable events = table("events", EVENTS, fixture.file(EVENTS, row(1, "a"), row(2, "it's")));

    try (QueryExecution execution =
        fixture.start(
            "SELECT id, ?, ?, ?, ? FROM events WHERE name = ? AND id = ?",
            QueryLimits.DEFAULTS,
            List.of(events),
            null,
            true,
            1.5,
            new BigDecimal("12.50"),
            "it's",
            2L)) {
      assertThat(QueryFixture.text(ResultFormat.JSON_ROWS, execution))
          .isEqualTo("[[2,null,true,1.5,12.50]]");
    }
  }

  @Test
  void parametersArePassedToStatementsWithVersions() {
    BoundTable events = tableAt(3, "events", EVENTS, fixture.file(EVENTS, row(1, "a")));

    try (QueryExecution execution =
        fixture.start(
            "SELECT ?, id FROM events AT (VERSION => 3) WHERE id = ?",
            QueryLimits.DEFAULTS,
            List.of(events),
            "x",
            1L)) {
      assertThat(QueryFixture.text(ResultFormat.JSON_ROWS, execution)).isEqualTo("[[\"x\",1]]");
    }
  }

  @Test
  void wrongNumberOfParametersIsRejected() {
    assertThatThrownBy(() -> fixture.start("SELECT ?, ?", QueryLimits.DEFAULTS, List.of(), 1L))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage("Statement has 2 parameters, but 1 value was given");
  }

  @Test
  void unknownColumnIsRejectedWithDuckDbsHelp() {
    BoundTable events = table("events", EVENTS, fixture.file(EVENTS, row(1, "a")));

    assertThatThrownBy(() -> fixture.start("SELECT nam FROM events", events))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage(
            "Referenced column \"nam\" not found in FROM clause; Candidate bindings: \"name\""
                + " (line 1)");
  }

  @Test
  void failureInTheFirstRowsKeepsItsMessage() {
    BoundTable events = table("events", EVENTS, fixture.file(EVENTS, row(1, "a")));

    assertThatThrownBy(() -> fixture.start("SELECT CAST(name AS INTEGER) FROM events", events))
        .isInstanceOf(QueryFailedException.class)
        .hasMessageContaining("Could not convert string 'a' to INT32");
    assertThat(fixture.query("SELECT id FROM events", events)).isEqualTo("[[1]]");
  }

  @Test
  void failureInLaterRowsKeepsItsMessage() {
    try (QueryExecution execution =
        fixture.start(
            "SELECT CASE WHEN i = 9000000 THEN error('late') ELSE i END FROM range(10000000) t(i)",
            new QueryLimits(Duration.ofSeconds(60), Long.MAX_VALUE, Long.MAX_VALUE),
            List.of())) {
      assertThatThrownBy(() -> execution.write(ResultFormat.CSV, OutputStream.nullOutputStream()))
          .isInstanceOf(QueryFailedException.class)
          .hasMessage("Late");
    }
  }

  @Test
  void messagesShowNoPath() {
    BoundTable events = table("events", EVENTS, new TableFile(corruptFile(), 9, 1));

    assertThatThrownBy(() -> fixture.start("SELECT * FROM events", events))
        .isInstanceOf(QueryFailedException.class)
        .hasMessageNotContaining(sharedFolder.toString())
        .hasMessageNotContaining("acme/");
  }

  private ObjectKey corruptFile() {
    ObjectKey key = new ObjectKey("acme/table/corrupt.parquet");
    try (var writer = fixture.store.create(key)) {
      writer.stream().write("something".getBytes(StandardCharsets.US_ASCII));
      writer.publish();
      return key;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void missingObjectIsReported() {
    BoundTable events =
        table("events", EVENTS, new TableFile(new ObjectKey("acme/t/gone.parquet"), 10, 1));

    assertThatThrownBy(() -> fixture.start("SELECT * FROM events", events))
        .isInstanceOf(ObjectNotFoundException.class);
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void fileOfAnotherTenantIsRefused() {
    BoundTable table = table("t", EVENTS, fixture.file("rival", EVENTS, row(1, "secret")));

    assertThatThrownBy(() -> fixture.start("SELECT * FROM t", table))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is not of tenant acme");
  }

  @Test
  void withTheGuardBypassedDuckDbStillReadsNothingOfOthers() throws IOException {
    TableFile secret = fixture.file("rival", EVENTS, row(1, "secret"));
    Path outside = Files.writeString(folder.resolve("outside.csv"), "a,b\n1,2\n");
    Path rival = fixture.cache.root().resolve(secret.key().value());
    Path around = fixture.cache.root().resolve("acme/../" + secret.key().value());

    for (String sql :
        List.of(
            "SELECT * FROM read_parquet('" + rival + "')",
            "SELECT * FROM read_parquet('" + around + "')",
            "SELECT * FROM '" + rival + "'",
            "SELECT * FROM read_csv('" + outside + "')",
            "SELECT * FROM read_text('/etc/passwd')",
            "SELECT * FROM glob('/etc/*')",
            "COPY (SELECT 1) TO '" + folder.resolve("new.csv") + "'",
            "ATTACH '" + folder.resolve("new.db") + "'",
            "SET threads = 4",
            "SET GLOBAL allowed_directories = ['/']",
            "INSTALL httpfs",
            "LOAD httpfs")) {
      CheckedQuery forged = new CheckedQuery(sql, Set.of(), "{}", true, true);
      assertThatThrownBy(
              () -> {
                try (QueryExecution execution =
                    fixture.engine.start(
                        "q-1",
                        "acme",
                        forged,
                        List.of(),
                        QueryParameters.NONE,
                        QueryLimits.DEFAULTS)) {
                  assertThat(QueryFixture.text(ResultFormat.CSV, execution))
                      .as(sql)
                      .isEqualTo("nothing");
                }
              })
          .as(sql)
          .isInstanceOfAny(QueryRejectedException.class, QueryFailedException.class);
    }
    assertThat(folder.resolve("new.csv")).doesNotExist();
    assertThat(folder.resolve("new.db")).doesNotExist();
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void tenantsNameCanNotLeadElsewhere() {
    CheckedQuery query = fixture.engine.check("SELECT 1");

    for (String tenant : List.of("", "..", "a/b", "../rival", ".hidden", "a'b")) {
      assertThatThrownBy(
              () ->
                  fixture.engine.start(
                      "q-1", tenant, query, List.of(), QueryParameters.NONE, QueryLimits.DEFAULTS))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Not a tenant: " + tenant);
    }
  }

  @Test
  void queryAtItsTimeLimitEndsSoonAfter() {
    warmUp();
    long started = System.nanoTime();

    assertThatThrownBy(
            () -> fixture.start(SLOW, QueryFixture.timeout(Duration.ofMillis(300)), List.of()))
        .isInstanceOf(QueryTimeoutException.class)
        .hasMessage("Query took longer than its limit of 300 ms");

    assertThat(Duration.ofNanos(System.nanoTime() - started))
        .isBetween(Duration.ofMillis(300), Duration.ofMillis(1_000));
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void timeLimitHoldsBetweenRowsOfAStreamedAnswer() {
    warmUp();
    long started = System.nanoTime();

    assertThatThrownBy(
            () -> {
              try (QueryExecution execution =
                  fixture.start(
                      SLOW_AFTER_ROWS, QueryFixture.timeout(Duration.ofMillis(300)), List.of())) {
                execution.write(ResultFormat.CSV, OutputStream.nullOutputStream());
              }
            })
        .isInstanceOf(QueryTimeoutException.class);

    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(1));
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void cancelFromAnotherThreadEndsTheQuery() {
    warmUp();
    try (ScheduledExecutorService other = Executors.newSingleThreadScheduledExecutor();
        QueryExecution execution =
            fixture.start(
                "SELECT i FROM range(10000000000) t(i)",
                new QueryLimits(Duration.ofSeconds(60), Long.MAX_VALUE, Long.MAX_VALUE),
                List.of())) {
      Future<Long> cancelled =
          other.schedule(
              () -> {
                execution.cancel();
                return System.nanoTime();
              },
              200,
              TimeUnit.MILLISECONDS);

      assertThatThrownBy(() -> execution.write(ResultFormat.CSV, OutputStream.nullOutputStream()))
          .isInstanceOf(QueryCancelledException.class)
          .hasMessage("Query q-1 was cancelled");

      assertThat(cancelled).succeedsWithin(Duration.ofSeconds(1));
      assertThat(Duration.ofNanos(System.nanoTime() - cancelled.resultNow()))
          .isLessThan(Duration.ofMillis(500));
    }
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void closingAnAnswerThatWasNotReadFreesItsSlot() {
    for (int i = 0; i < 20; i++) {
      fixture.start("SELECT i, 'text ' || i FROM range(100000000) t(i)").close();
    }

    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void answerPastTheRowLimitIsCut() throws IOException {
    for (ResultFormat format : ResultFormat.values()) {
      ResultSummary cut =
          write(
              format, "FROM range(10000)", new QueryLimits(Duration.ofSeconds(9), 5_000, 1 << 20));
      ResultSummary whole =
          write(format, "FROM range(5000)", new QueryLimits(Duration.ofSeconds(9), 5_000, 1 << 20));

      assertThat(cut.rowCount()).as(format.name()).isEqualTo(5_000);
      assertThat(cut.truncated()).as(format.name()).isTrue();
      assertThat(whole.rowCount()).as(format.name()).isEqualTo(5_000);
      assertThat(whole.truncated()).as(format.name()).isFalse();
    }
  }

  @Test
  void answerPastTheByteLimitIsCutAtARow() throws IOException {
    String sql = "SELECT repeat('x', 100) FROM range(100000)";

    for (ResultFormat format : ResultFormat.values()) {
      ResultSummary cut =
          write(format, sql, new QueryLimits(Duration.ofSeconds(9), 1 << 20, 50_000));

      assertThat(cut.truncated()).as(format.name()).isTrue();
      assertThat(cut.rowCount()).as(format.name()).isBetween(200L, 500L);
      assertThat(cut.byteCount()).as(format.name()).isLessThan(51_000);
    }
  }

  private ResultSummary write(ResultFormat format, String sql, QueryLimits limits)
      throws IOException {
    try (QueryExecution execution = fixture.start(sql, limits, List.of())) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ResultSummary summary = execution.write(format, out);
      assertThat(summary.byteCount()).isEqualTo(out.size());
      return summary;
    }
  }

  @Test
  void brokenClientStreamFailsTheWriteAndNothingElse() {
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Connection reset");
          }
        };

    for (ResultFormat format : ResultFormat.values()) {
      try (QueryExecution execution = fixture.start("FROM range(1000000)")) {
        assertThatThrownBy(() -> execution.write(format, broken))
            .isInstanceOf(IOException.class)
            .hasMessage("Connection reset");
      }
    }
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void manyQueriesAtOnceGetTheirOwnAnswers() throws Exception {
    List<BoundTable> tables = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      tables.add(table("t", EVENTS, fixture.file(EVENTS, row(i, "a"), row(i + 10, "b"))));
    }

    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Callable<Boolean>> clients = new ArrayList<>();
      for (int client = 0; client < 4; client++) {
        int own = client;
        clients.add(
            () -> {
              for (int i = 0; i < 50; i++) {
                int number = (own + i) % 4;
                assertThat(fixture.query("SELECT sum(id) FROM t", tables.get(number)))
                    .isEqualTo("[[" + (2 * number + 10) + "]]");
              }
              return true;
            });
      }
      for (Future<Boolean> done : threads.invokeAll(clients)) {
        assertThat(done.get()).isTrue();
      }
    }
  }

  @Test
  void queriesBeyondTheLimitWaitAndThenAreRefused() {
    fixture =
        new QueryFixture(
            folder,
            DuckDbOptions.defaults(folder.resolve("spill"))
                .withConcurrency(1, 1, Duration.ofMillis(100)));

    try (QueryExecution running = fixture.start("FROM range(100000000)")) {
      assertThat(running.columns()).hasSize(1);
      assertThatThrownBy(() -> fixture.start("SELECT 1"))
          .isInstanceOf(QueryOverloadedException.class)
          .hasMessage("1 queries of tenant acme run and none ended within 100 ms");
    }
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void queryThatNeedsTooMuchMemoryFailsAndTheNextOneRuns() {
    fixture =
        new QueryFixture(
            folder,
            DuckDbOptions.defaults(folder.resolve("spill"))
                .withMemoryBytes(64L << 20)
                .withSpillBytes(16L << 20));

    assertThatThrownBy(() -> fixture.start("SELECT list(i) FROM range(100000000) t(i)"))
        .isInstanceOf(QueryFailedException.class)
        .hasMessage("Query needs more memory than it may take; it can be split or narrowed");
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void instancesBeyondTheLimitAreClosedAndOpenAgain() {
    fixture =
        new QueryFixture(
            folder,
            DuckDbOptions.defaults(folder.resolve("spill")).withTenants(1, Duration.ofMinutes(1)));
    CheckedQuery query = fixture.engine.check("SELECT 1");

    for (String tenant : List.of("a", "b", "a", "c", "a")) {
      try (QueryExecution execution =
          fixture.engine.start(
              "q-1", tenant, query, List.of(), QueryParameters.NONE, QueryLimits.DEFAULTS)) {
        assertThat(QueryFixture.text(ResultFormat.JSON_ROWS, execution)).isEqualTo("[[1]]");
      }
    }
  }

  @Test
  void enginesShareAFolderToSpillToAndDeleteOnlyTheirOwn() throws IOException {
    DuckDbOptions options =
        DuckDbOptions.defaults(folder.resolve("spill-shared"))
            .withMemoryBytes(64 << 20)
            .withThreads(1);
    String spilling =
        "SELECT count(*) FROM (SELECT hash(i) h FROM range(10000000) t(i) ORDER BY h)";
    try (QueryFixture first = new QueryFixture(folder.resolve("first"), options)) {
      assertThat(first.query("SELECT 1")).isEqualTo("[[1]]");
      try (QueryFixture second = new QueryFixture(folder.resolve("second"), options)) {
        assertThat(second.query("SELECT 1")).isEqualTo("[[1]]");
        assertThat(first.query(spilling)).isEqualTo("[[10000000]]");
      }
      assertThat(first.query(spilling)).isEqualTo("[[10000000]]");
    }
    assertThat(folder.resolve("spill-shared")).isEmptyDirectory();
  }

  @Test
  void typeAsAValueIsRefusedAsAResult() {
    assertThatThrownBy(() -> fixture.query("SELECT get_type(1)"))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessageContaining("which no answer holds; cast it to JSON");
  }

  @Test
  void manyTablesLeaveNoMoreViewsThanTheLimit() {
    TableFile file = fixture.file(EVENTS, row(1, "a"));

    for (int i = 0; i < 150; i++) {
      assertThat(fixture.query("SELECT id FROM t" + i, table("t" + i, EVENTS, file)))
          .isEqualTo("[[1]]");
    }

    CheckedQuery forged =
        new CheckedQuery(
            "SELECT count(*) FROM duckdb_views() WHERE temporary AND NOT internal",
            Set.of(),
            "{}",
            true,
            true);
    try (QueryExecution execution =
        fixture.engine.start(
            "q-1", "acme", forged, List.of(), QueryParameters.NONE, QueryLimits.DEFAULTS)) {
      assertThat(QueryFixture.text(ResultFormat.JSON_ROWS, execution)).isEqualTo("[[128]]");
    }
  }

  @Test
  void instanceWithoutQueriesIsClosedAfterAWhile() throws Exception {
    fixture =
        new QueryFixture(
            folder,
            DuckDbOptions.defaults(folder.resolve("spill")).withTenants(4, Duration.ofMillis(50)));
    Path spill;
    try (QueryExecution execution = fixture.start("SELECT 1")) {
      assertThat(execution.columns()).hasSize(1);
      try (Stream<Path> files = Files.walk(folder.resolve("spill"))) {
        spill = files.filter(path -> path.endsWith("instance-1")).findFirst().orElseThrow();
      }
      assertThat(spill).exists();
    }

    // An instance deletes its folder when it closes.
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (Files.exists(spill) && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }

    assertThat(spill).doesNotExist();
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void queryIsCancelledWhileItStarts() {
    warmUp();
    QueryCancellation cancellation = new QueryCancellation();
    try (ScheduledExecutorService other = Executors.newSingleThreadScheduledExecutor()) {
      Future<?> cancelled = other.schedule(cancellation::cancel, 200, TimeUnit.MILLISECONDS);

      assertThatThrownBy(
              () ->
                  fixture.engine.start(
                      "q-1",
                      QueryFixture.TENANT,
                      fixture.engine.check(SLOW),
                      List.of(),
                      QueryParameters.NONE,
                      QueryLimits.DEFAULTS,
                      cancellation))
          .isInstanceOf(QueryCancelledException.class);
      assertThat(cancelled).succeedsWithin(Duration.ofSeconds(1));
    }
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void asManySlowQueriesAsCoresLeaveOtherVirtualThreadsRunning() throws Exception {
    warmUp();
    int queries = Runtime.getRuntime().availableProcessors() + 2;
    fixture =
        new QueryFixture(
            folder,
            DuckDbOptions.defaults(folder.resolve("spill"))
                .withConcurrency(queries + 1, 0, Duration.ofSeconds(1)));
    List<QueryCancellation> cancellations = new ArrayList<>();
    CheckedQuery slow = fixture.engine.check(SLOW);
    CountDownLatch begun = new CountDownLatch(queries);
    try (ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < queries; i++) {
        QueryCancellation cancellation = new QueryCancellation();
        cancellations.add(cancellation);
        running.add(
            virtual.submit(
                () -> {
                  begun.countDown();
                  return fixture.engine.start(
                      "q-1",
                      QueryFixture.TENANT,
                      slow,
                      List.of(),
                      QueryParameters.NONE,
                      QueryLimits.DEFAULTS,
                      cancellation);
                }));
      }
      try {
        assertThat(begun.await(5, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 20; i++) {
          assertThat(virtual.submit(() -> "done")).succeedsWithin(Duration.ofSeconds(1));
        }
        Future<String> small = virtual.submit(() -> fixture.query("SELECT 1"));
        assertThat(small).succeedsWithin(Duration.ofSeconds(5)).isEqualTo("[[1]]");
        assertThat(running).noneMatch(Future::isDone);
      } finally {
        cancellations.forEach(QueryCancellation::cancel);
      }
      for (Future<?> query : running) {
        assertThat(query)
            .failsWithin(Duration.ofSeconds(5))
            .withThrowableThat()
            .withCauseInstanceOf(QueryCancelledException.class);
      }
    }
  }

  @Test
  void interruptOfTheCallerCancelsTheQuery() throws Exception {
    warmUp();
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    Thread caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  begun.countDown();
                  try (QueryExecution execution = fixture.start(SLOW)) {
                    failure.complete(new AssertionError("answered " + execution.columns()));
                  } catch (QueryCancelledException e) {
                    failure.complete(
                        Thread.currentThread().isInterrupted()
                            ? e
                            : new AssertionError("interrupt was lost", e));
                  }
                });
    assertThat(begun.await(5, TimeUnit.SECONDS)).isTrue();

    caller.interrupt();

    assertThat(failure)
        .succeedsWithin(Duration.ofSeconds(5))
        .isInstanceOf(QueryCancelledException.class);
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void typeThatIsNestedTooDeeplyIsRefusedAndTheNextQueryRuns() {
    String deep = "SELECT " + "{'a': ".repeat(80) + "1" + "}".repeat(80) + " AS deep";

    assertThatThrownBy(() -> fixture.start(deep))
        .isInstanceOf(QueryRejectedException.class)
        .hasMessage(
            "A column's type is nested more than 64 levels deep, which no answer holds; cast it to"
                + " JSON");
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  @Test
  void closingTheEngineCancelsWhatRuns() {
    fixture = new QueryFixture(folder);
    warmUp();
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      QueryExecution execution =
          fixture.start(
              "SELECT i FROM range(10000000000) t(i)",
              new QueryLimits(Duration.ofSeconds(60), Long.MAX_VALUE, Long.MAX_VALUE),
              List.of());
      Future<?> writing =
          other.submit(
              () -> {
                try (execution) {
                  return execution.write(ResultFormat.CSV, OutputStream.nullOutputStream());
                }
              });

      fixture.engine.close();

      assertThat(writing)
          .failsWithin(Duration.ofSeconds(1))
          .withThrowableThat()
          .withCauseInstanceOf(QueryCancelledException.class);
    }
  }

  @Test
  void closingTwiceIsHarmless() {
    QueryExecution execution = fixture.start("SELECT 1");

    execution.close();
    execution.close();
    execution.cancel();

    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  /** The first query of a process loads DuckDB, which is no part of what a test measures. */
  private void warmUp() {
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
  }

  private static BoundTable withName(BoundTable table, String name) {
    return new BoundTable(
        new TableReference(name, null, null), table.stateId(), table.schema(), table.files());
  }

  @Test
  void cancellingEndsTheWaitForASlot() throws Exception {
    DuckDbOptions options =
        DuckDbOptions.defaults(folder.resolve("spill-wait"))
            .withConcurrency(1, 1, Duration.ofMinutes(5));
    try (QueryFixture small = new QueryFixture(folder.resolve("wait"), options);
        QueryExecution first = small.start("SELECT 1")) {
      QueryCancellation cancellation = new QueryCancellation();
      CheckedQuery query = small.engine.check("SELECT 2");
      CompletableFuture<QueryExecution> second =
          CompletableFuture.supplyAsync(
              () ->
                  small.engine.start(
                      "q-2",
                      QueryFixture.TENANT,
                      query,
                      List.of(),
                      QueryParameters.NONE,
                      QueryFixture.timeout(Duration.ofMinutes(5)),
                      cancellation));

      cancellation.cancel();

      assertThatThrownBy(() -> second.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(QueryCancelledException.class);
      assertThat(first.stopped()).isFalse();
    }
  }

  @Test
  void timeLimitHoldsForTheWaitForASlot() {
    DuckDbOptions options =
        DuckDbOptions.defaults(folder.resolve("spill-limit"))
            .withConcurrency(1, 1, Duration.ofMinutes(5));
    try (QueryFixture small = new QueryFixture(folder.resolve("limit"), options);
        QueryExecution first = small.start("SELECT 1")) {
      assertThatThrownBy(
              () -> small.start("SELECT 2", QueryFixture.timeout(Duration.ofMillis(50)), List.of()))
          .isInstanceOf(QueryOverloadedException.class)
          .hasMessageContaining("50 ms");
      assertThat(Thread.interrupted()).isFalse();
      assertThat(first.stopped()).isFalse();
    }
  }

  @Test
  void tenantsBeyondTheMemoryOfTheProcessWaitAndThenAreRefused() {
    DuckDbOptions options =
        DuckDbOptions.defaults(folder.resolve("spill-memory"))
            .withMemoryBytes(128L << 20)
            .withProcessMemoryBytes(256L << 20)
            .withConcurrency(4, 4, Duration.ofMillis(100));
    try (QueryFixture small = new QueryFixture(folder.resolve("memory"), options)) {
      try (QueryExecution first = startFor(small, "first");
          QueryExecution second = startFor(small, "second")) {
        assertThatThrownBy(() -> startFor(small, "third"))
            .isInstanceOf(QueryOverloadedException.class)
            .hasMessageContaining("2 other tenants");
        assertThat(first.stopped() || second.stopped()).isFalse();
      }
      try (QueryExecution third = startFor(small, "third")) {
        assertThat(QueryFixture.text(ResultFormat.JSON_ROWS, third)).isEqualTo("[[1]]");
      }
    }
  }

  private static QueryExecution startFor(QueryFixture small, String tenant) {
    return small.engine.start(
        "q-1",
        tenant,
        small.engine.check("SELECT 1"),
        List.of(),
        QueryParameters.NONE,
        QueryLimits.DEFAULTS);
  }
}

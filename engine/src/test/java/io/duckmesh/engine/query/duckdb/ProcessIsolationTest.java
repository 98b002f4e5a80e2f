package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.QueryCancellation;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryFailedException;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryMeter;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryProcesses;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.QueryTimeoutException;
import io.duckmesh.engine.query.QueryUnavailableException;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.duckdb.process.Folders;
import io.duckmesh.engine.query.duckdb.process.QueryProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one query does to its process harms no other, and not this one. */
class ProcessIsolationTest {
  /** The hard limit is half a gigabyte above it and its half. */
  private static final long MEMORY_BYTES = 64L << 20;

  /** Each row holds all of a million values, and rows are computed 2,048 at a time. */
  private static final String BOMB = "SELECT list(range) OVER () FROM range(1000000)";

  /** One call of a function that looks at no interrupt, for minutes. */
  private static final String DEAF =
      "SELECT max(levenshtein(a || range, b || range)) FROM range(2048),"
          + " (SELECT repeat('a', 9000) AS a, repeat('b', 9000) AS b)";

  /** Where Linux shows the open files of this process. */
  private static final Path OWN_FILES = Path.of("/proc/self/fd");

  @TempDir private Path folder;

  private QueryFixture fixture;

  @BeforeEach
  void open() {
    fixture =
        new QueryFixture(
            folder, DuckDbOptions.defaults(folder.resolve("spill")).withMemoryBytes(MEMORY_BYTES));
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void rowsThatGrowPastAllMemoryEndTheirProcessAndTheNextQueryRuns() {
    assertThatThrownBy(() -> fixture.query(BOMB))
        .isInstanceOf(QueryFailedException.class)
        .hasMessage("Query was stopped since queries took all memory; it can be split or narrowed");

    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
    await(() -> fixture.engine.processes().killedForMemory() == 1);
    QueryProcesses processes = fixture.engine.processes();
    assertThat(processes.started()).isEqualTo(processes.open() + 1);
    assertThat(processes.residentBytes()).isGreaterThan(MEMORY_BYTES / 4);
  }

  @Test
  void functionThatHearsNoInterruptIsLeftAtTheTimeLimitAndItsProcessEnds() {
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
    Set<Long> before = queryProcesses();

    assertThatThrownBy(
            () -> fixture.start(DEAF, QueryFixture.timeout(Duration.ofMillis(300)), List.of()))
        .isInstanceOf(QueryTimeoutException.class);

    assertThat(fixture.query("SELECT 2")).isEqualTo("[[2]]");
    await(() -> before.stream().anyMatch(pid -> ProcessHandle.of(pid).isEmpty()));
  }

  @Test
  void queryRunsAgainWhenItsProcessEndsBeforeTheFirstRow() throws Exception {
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
    Set<Long> before = queryProcesses();

    QueryMeter meter = new QueryMeter();
    String sql = "SELECT sum(a.i * b.i) FROM range(20000) a(i), range(20000) b(i)";
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> answer = threads.submit(() -> measured(sql, meter));
      await(() -> meter.current() == QueryMeter.Phase.RUN);
      kill(before);

      assertThat(answer.get()).isEqualTo("[[39996000100000000]]");
    }
  }

  @Test
  void answerWhoseProcessEndsInTheMiddleFailsAndIsNotReadAsWhole() throws Exception {
    try (QueryExecution execution =
        fixture.start("SELECT i, repeat('x', 500) FROM range(1000000) t(i)")) {
      kill(queryProcesses());

      assertThatThrownBy(() -> QueryFixture.text(ResultFormat.NDJSON, execution))
          .isInstanceOf(QueryUnavailableException.class)
          .hasMessageContaining("The process that ran the query has ended");
    }
    assertThat(fixture.query("SELECT 3")).isEqualTo("[[3]]");
  }

  @Test
  void queriesRunWhenEveryProcessHasEndedBefore() throws Exception {
    for (int round = 0; round < 5; round++) {
      assertThat(fixture.query("SELECT " + round)).isEqualTo("[[" + round + "]]");
      kill(queryProcesses());
    }

    assertThat(fixture.query("SELECT 3")).isEqualTo("[[3]]");
    try (Stream<Path> spill = Files.walk(folder.resolve("spill"))) {
      assertThat(spill.filter(path -> path.getFileName().toString().startsWith("instance-")))
          .as("folders of instances")
          .hasSize(1);
    }
  }

  @Test
  void programThatSomebodyDeletedIsUnpackedAgain() throws Exception {
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
    for (ProcessHandle process : processes()) {
      Folders.delete(library(process));
    }
    assertThat(fixture.query("SELECT 2")).isEqualTo("[[2]]");

    kill(queryProcesses());

    assertThat(fixture.query("SELECT 3")).isEqualTo("[[3]]");
  }

  /** The folder of the libraries that a process was started from. */
  private static Path library(ProcessHandle process) {
    String option = "-Djava.library.path=";
    return Arrays.stream(process.info().arguments().orElseThrow())
        .filter(argument -> argument.startsWith(option))
        .map(argument -> Path.of(argument.substring(option.length())))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void processThatEndsLeavesNoOpenConnection() throws Exception {
    assumeThat(OWN_FILES).isDirectory();
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
    long before = openSockets();

    for (int round = 0; round < 10; round++) {
      kill(queryProcesses());
      assertThat(fixture.query("SELECT 2")).isEqualTo("[[2]]");
    }

    // Those of the spare process and of the one that is made ready may come and go.
    await(() -> openSockets() < before + 10);
  }

  @Test
  void idleInstancesOfOtherTenantsStayOpenWhileOneComputes() {
    DuckDbOptions options =
        DuckDbOptions.defaults(folder.resolve("spill-turns"))
            .withMemoryBytes(1L << 30)
            .withProcessMemoryBytes(1L << 30);
    try (QueryFixture one = new QueryFixture(folder.resolve("turns"), options)) {
      String a = spillFolder(one, "a");
      String b = spillFolder(one, "b");

      assertThat(b).isNotEqualTo(a);
      assertThat(spillFolder(one, "a")).isEqualTo(a);
      assertThat(spillFolder(one, "b")).isEqualTo(b);
    }
  }

  /** The process that answers the tenant, by what it calls the folder that it spills to. */
  private static String spillFolder(QueryFixture engine, String tenant) {
    CheckedQuery forged =
        new CheckedQuery("SELECT current_setting('temp_directory')", Set.of(), "{}", true, true);
    try (QueryExecution execution =
        engine.engine.start(
            "q-1", tenant, forged, List.of(), QueryParameters.NONE, QueryLimits.DEFAULTS)) {
      return QueryFixture.text(ResultFormat.JSON_ROWS, execution);
    }
  }

  @Test
  void statementThatTakesAllMemoryToParseIsRefusedAndTheNextOneIsParsed() {
    String nested = "SELECT " + "[".repeat(400_000) + "1" + "]".repeat(400_000);

    assertThatThrownBy(() -> fixture.engine.check(nested))
        .isInstanceOf(QueryRejectedException.class);

    assertThat(fixture.query("SELECT 4")).isEqualTo("[[4]]");
  }

  @Test
  void statementThatIsDeeperThanAThreadsStackIsRefusedOrRuns() {
    String joins =
        IntStream.range(0, 2_000)
            .mapToObj("range(1) a%d"::formatted)
            .collect(Collectors.joining(" CROSS JOIN ", "FROM ", ""));

    assertThatThrownBy(() -> fixture.query(joins)).isInstanceOf(QueryRejectedException.class);

    assertThat(fixture.query("SELECT 5")).isEqualTo("[[5]]");
  }

  @Test
  void nothingIsLeftOfProcessesWhenTheEngineCloses() {
    assertThat(fixture.query("SELECT 1")).isEqualTo("[[1]]");
    assertThat(queryProcesses()).isNotEmpty();

    fixture.engine.close();

    assertThat(queryProcesses()).isEmpty();
  }

  private String measured(String sql, QueryMeter meter) {
    try (QueryExecution execution =
        fixture.engine.start(
            "q-1",
            QueryFixture.TENANT,
            fixture.engine.check(sql),
            List.of(),
            QueryParameters.NONE,
            QueryLimits.DEFAULTS,
            new QueryCancellation(),
            meter)) {
      return QueryFixture.text(ResultFormat.JSON_ROWS, execution);
    }
  }

  private static long openSockets() {
    try (Stream<Path> files = Files.list(OWN_FILES)) {
      return files.filter(ProcessIsolationTest::isSocket).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isSocket(Path file) {
    try {
      return Files.readSymbolicLink(file).toString().startsWith("socket:");
    } catch (IOException e) {
      // It was closed after it was listed.
      return false;
    }
  }

  private static Set<Long> queryProcesses() {
    return processes().stream().map(ProcessHandle::pid).collect(Collectors.toSet());
  }

  private static List<ProcessHandle> processes() {
    return ProcessHandle.current()
        .children()
        .filter(
            child -> child.info().commandLine().orElse("").contains(QueryProcess.class.getName()))
        .toList();
  }

  private static void kill(Set<Long> processes) {
    processes.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}

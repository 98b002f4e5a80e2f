package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryFailedException;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.duckdb.RandomStatements.Statement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** What the catalog's statistics let a statement leave out never changes its answer. */
class FilePruningPropertyTest {
  private static final int STATEMENTS = 40;
  private static final int TRIES = 15;

  private static Path folder;
  private static QueryFixture fixture;

  @BeforeContainer
  static void open() throws IOException {
    folder = Files.createTempDirectory("pruning");
    fixture = new QueryFixture(folder);
  }

  @AfterContainer
  static void close() throws IOException {
    fixture.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
  void prunedAnswerEqualsTheUnprunedOne(@ForAll long seed) {
    Random random = new Random(seed);
    RandomTables tables = new RandomTables(random, fixture);
    List<BoundTable> whole = tables.unpruned();
    List<BoundTable> pruned = tables.pruned();
    List<Statement> statements = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    RandomStatements generator = new RandomStatements(random);
    for (int i = 0; i < STATEMENTS; i++) {
      Statement statement = generator.next();
      answer(statement, whole)
          .ifPresent(
              answer -> {
                statements.add(statement);
                expected.add(answer);
              });
    }

    int compared = 0;
    for (int i = 0; i < statements.size(); i++) {
      Optional<String> answer = answer(statements.get(i), pruned);
      // Whether a cast that can not be done is tried on a row is up to DuckDB's plan, which depends
      // on how many rows there are; so a statement with one may fail in one run alone.
      if (answer.isPresent()) {
        compared++;
        assertThat(answer)
            .describedAs("%s over %s", statements.get(i), tables)
            .contains(expected.get(i));
      }
    }
    // Most statements make sense, so that what is compared is not nothing.
    assertThat(compared).isGreaterThan(STATEMENTS / 4).isGreaterThan(statements.size() * 9 / 10);
  }

  /** Empty if the statement is refused or fails, as some at random do. */
  private static Optional<String> answer(Statement statement, List<BoundTable> tables) {
    try (QueryExecution execution =
        fixture.start(
            statement.sql(), QueryLimits.DEFAULTS, tables, statement.parameters().toArray())) {
      return Optional.of(QueryFixture.text(ResultFormat.JSON_ROWS, execution));
    } catch (QueryRejectedException | QueryFailedException e) {
      return Optional.empty();
    }
  }
}

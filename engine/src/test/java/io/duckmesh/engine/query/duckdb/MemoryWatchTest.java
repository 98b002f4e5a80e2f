package io.duckmesh.engine.query.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.cache.ObjectCache;
import io.duckmesh.engine.objects.local.LocalObjects;
import io.duckmesh.engine.query.QueryEngine;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryFailedException;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.ResultFormat;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryWatchTest {
  @TempDir private Path folder;

  @Test
  void queriesAreStoppedWhenTheirProcessTakesTooMuchAndRunAgainLater() {
    AtomicLong resident = new AtomicLong(10);
    MemoryWatch watch = new MemoryWatch(pid -> OptionalLong.of(resident.get()), 100, 1_000);
    try (ObjectStore store = LocalObjects.open(folder.resolve("objects"), Clock.systemUTC());
        ObjectCache cache = ObjectCache.open(store, folder.resolve("cache"), 1 << 20);
        QueryEngine engine =
            DuckDbQueryEngine.open(cache, DuckDbOptions.defaults(folder.resolve("spill")), watch)) {
      assertThat(answer(engine, "SELECT 1")).isEqualTo("[[1]]");

      resident.set(101);

      assertThatThrownBy(
              () ->
                  answer(
                      engine,
                      "SELECT sum(a.i * b.i) FROM range(1000000) a(i), range(1000000) b(i)"))
          .isInstanceOf(QueryFailedException.class)
          .hasMessage(
              "Query was stopped since queries took all memory; it can be split or narrowed");
      resident.set(99);
      assertThat(answer(engine, "SELECT 2")).isEqualTo("[[2]]");
    }
  }

  private static String answer(QueryEngine engine, String sql) {
    try (QueryExecution execution =
        engine.start(
            "q-1",
            "acme",
            engine.check(sql),
            List.of(),
            QueryParameters.NONE,
            QueryLimits.DEFAULTS)) {
      return QueryFixture.text(ResultFormat.JSON_ROWS, execution);
    }
  }
}

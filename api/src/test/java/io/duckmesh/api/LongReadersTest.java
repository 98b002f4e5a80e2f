package io.duckmesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.api.query.LongReaders;
import io.duckmesh.api.query.RunningQueries;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.upkeep.GarbageObject;
import io.duckmesh.catalog.upkeep.RewriteDraft;
import io.duckmesh.catalog.upkeep.RewriteId;
import io.duckmesh.catalog.upkeep.RewriteKind;
import io.duckmesh.catalog.upkeep.Upkeep;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Files that a long query reads stay although its snapshot has expired. */
class LongReadersTest extends GatewayTestBase {
  @Test
  void filesOfALongQueryStayUntilItEnds() throws Exception {
    String table = newTable();
    for (int id = 1; id <= 4; id++) {
      gateway().post(events(table) + "?wait=visible", "[{\"id\":%d}]".formatted(id));
    }
    ScriptedEngine engine = new ScriptedEngine();
    JumpingClock clock = new JumpingClock();
    try (TestGateway own = TestGateway.start(database(), engine, ApiSettings.DEFAULTS)) {
      Upkeep upkeep = own.upkeep();
      RunningQueries running = own.context().getBean(RunningQueries.class);
      Thread query =
          Thread.ofVirtual()
              .start(
                  () ->
                      own.post(
                          "/v1/query", "{\"sql\":\"SELECT never_ends FROM %s\"}".formatted(table)));
      try (LongReaders readers =
          new LongReaders(
              running, upkeep.readers(), clock, Duration.ofMillis(20), LongReaders.AFTER)) {
        await(() -> running.count(QueryRecord.Mode.SYNC) == 1);
        readers.start();
        await(() -> clock.asked.get() > 3);
        long ofShort = reads();
        clock.ahead = LongReaders.AFTER.plusSeconds(5);
        await(() -> reads() > 0);
        String gone = collectable(upkeep, table);

        List<String> held = due(upkeep);
        engine.cancelled.countDown();
        query.join();
        await(() -> reads() == 0);
        List<String> free = due(upkeep);

        assertThat(ofShort).isZero();
        assertThat(held).doesNotContain(gone);
        assertThat(free).contains(gone);
      } finally {
        engine.cancelled.countDown();
        query.join();
      }
    }
  }

  /** Jumps when it is told to, and says how often it was asked. */
  private static final class JumpingClock extends Clock {
    final AtomicInteger asked = new AtomicInteger();
    volatile Duration ahead = Duration.ZERO;

    @Override
    public Instant instant() {
      asked.incrementAndGet();
      return Instant.now().plus(ahead);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new IllegalArgumentException("No zone is asked for: " + zone);
    }
  }

  /** Merges the table's files, lets what was before expire, and marks it long ago. */
  private static String collectable(Upkeep upkeep, String table) throws Exception {
    List<String> keys =
        upkeep.rewrites().liveFiles(tableId(table), null, 10).stream()
            .map(file -> file.objectKey())
            .toList();
    RewriteId id =
        upkeep
            .rewrites()
            .begin("r", tableId(table), List.of(new RewriteDraft(RewriteKind.COMPACT, keys, false)))
            .getFirst();
    String merged = "merged/" + table;
    upkeep.rewrites().registerPending(id, merged);
    upkeep
        .rewrites()
        .prepare(
            id,
            new DataFile(tableId(table), merged, 1, keys.size(), 100, "0".repeat(64), List.of()));
    var unused = upkeep.rewrites().publish(id);
    gateway()
        .send(
            "PATCH",
            "/v1/tables/" + table,
            "{\"policy\":{\"keep_snapshots\":\"0s\",\"keep_at_least\":1}}",
            Map.of());
    upkeep.retention().expire(upkeep.retention().plan(TestDatabase.TENANT));
    while (!upkeep.garbage().mark(TestDatabase.TENANT, Duration.ofMinutes(5), 1_000).done()) {
      // The next page.
    }
    database()
        .execute(
            "UPDATE catalog.garbage SET delete_from = now() - interval '1 hour' WHERE table_id = '%s'"
                .formatted(tableId(table)));
    return keys.getFirst();
  }

  private static List<String> due(Upkeep upkeep) {
    return upkeep.garbage().due(TestDatabase.TENANT, null, 1_000).stream()
        .map(GarbageObject::objectKey)
        .toList();
  }

  private static long reads() throws Exception {
    return database().count("SELECT count(*) FROM catalog.reader");
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.onSpinWait();
    }
  }
}

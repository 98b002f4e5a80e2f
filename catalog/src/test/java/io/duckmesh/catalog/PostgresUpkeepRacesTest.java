package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.duckmesh.catalog.compaction.CompactionOptions;
import io.duckmesh.catalog.compaction.CompactionPlanner;
import io.duckmesh.catalog.upkeep.ExpiryPlan;
import io.duckmesh.catalog.upkeep.RewriteDraft;
import io.duckmesh.catalog.upkeep.RewriteId;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Jobs beside one another, beside landing and beside people. */
class PostgresUpkeepRacesTest extends UpkeepTestBase {
  /** Does both at once; returns which of them succeeded. */
  private static List<Boolean> race(Runnable first, Runnable second) throws Exception {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> results =
          executor.invokeAll(List.of(succeeds(first), succeeds(second)));
      return List.of(results.get(0).get(), results.get(1).get());
    }
  }

  private static Callable<Boolean> succeeds(Runnable work) {
    return () -> {
      try {
        work.run();
        return true;
      } catch (CommitConflictException | SnapshotExpiredException | TableNotFoundException e) {
        return false;
      }
    };
  }

  private long rows() {
    return filesAt(newest(), "flights").stream().mapToLong(DataFile::rowCount).sum();
  }

  @RepeatedTest(5)
  void compactionAndABatchBothSucceed() throws Exception {
    TableInfo table = table("flights");
    RewriteId id = prepared(table, landFiles(table, 0, 3));
    WriteId write = prepared(catalog, table, 3, 4, 10);

    List<Boolean> succeeded =
        race(() -> upkeep.rewrites().publish(id), () -> catalog.writes().commit(write));

    assertThat(succeeded).containsExactly(true, true);
    assertThat(filesAt(newest(), "flights")).hasSize(2);
    assertThat(rows()).isEqualTo(40);
  }

  @RepeatedTest(5)
  void compactionAndARestoreLeaveTheRowsOfTheRestore() throws Exception {
    TableInfo table = table("flights");
    landFiles(table, 0, 2);
    SnapshotId then = newest();
    landFiles(table, 2, 2);
    RewriteId id = prepared(table, filesAt(newest(), "flights"));

    List<Boolean> succeeded =
        race(
            () -> upkeep.rewrites().publish(id),
            () -> upkeep.restores().restore(TENANT, "flights", then));

    assertThat(succeeded.get(1)).isTrue();
    assertThat(rows()).isEqualTo(20);
    FileRows counted = catalog.accounts().fileRows(TENANT).getFirst();
    assertThat(counted.fileRows()).isEqualTo(counted.expected());
  }

  @RepeatedTest(5)
  void compactionAndADropLeaveTheTableWhole() throws Exception {
    TableInfo table = table("flights");
    RewriteId id = prepared(table, landFiles(table, 0, 3));

    race(() -> upkeep.rewrites().publish(id), () -> catalog.tables().drop(TENANT, "flights"));
    upkeep.restores().undrop(TENANT, "flights");

    assertThat(rows()).isEqualTo(30);
  }

  @RepeatedTest(5)
  void ofTwoCompactionsOfTheSameFilesOneSucceeds() throws Exception {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);
    RewriteId one = prepared(table, files);

    List<Boolean> succeeded =
        race(() -> upkeep.rewrites().publish(one), () -> compact(table, files));

    assertThat(succeeded).containsOnlyOnce(true);
    assertThat(filesAt(newest(), "flights")).hasSize(1);
    assertThat(rows()).isEqualTo(30);
  }

  @RepeatedTest(5)
  void pinOrExpiryIsFirstAndThePinnedSnapshotIsWhole() throws Exception {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);
    SnapshotId then = newest();
    compact(table, files);
    upkeep.policies().set(TENANT, new UpkeepPolicy(null, null, null, Duration.ZERO, 1, null));
    clock.advance(Duration.ofSeconds(1));
    ExpiryPlan plan = upkeep.retention().plan(TENANT);

    List<Boolean> succeeded =
        race(
            () -> {
              upkeep.retention().expire(plan);
              mark();
            },
            () -> upkeep.retention().pin(TENANT, "audit", then, null));
    mark();

    assertThat(succeeded.get(0)).isTrue();
    Set<String> garbage = new HashSet<>();
    upkeep.garbage().list(null, 100).forEach(object -> garbage.add(object.objectKey()));
    if (succeeded.get(1)) {
      assertThat(filesAt(then, "flights")).isEqualTo(files);
      assertThat(garbage).isEmpty();
    } else {
      assertThat(garbage).isEqualTo(Set.copyOf(keysOf(files)));
    }
  }

  @RepeatedTest(5)
  void expiryAndARestoreToWhatExpiresLeaveNoHole() throws Exception {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);
    SnapshotId then = newest();
    compact(table, files);
    upkeep.policies().set(TENANT, new UpkeepPolicy(null, null, null, Duration.ZERO, 1, null));
    clock.advance(Duration.ofSeconds(1));
    ExpiryPlan plan = upkeep.retention().plan(TENANT);

    List<Boolean> succeeded =
        race(
            () -> {
              upkeep.retention().expire(plan);
              mark();
            },
            () -> upkeep.restores().restore(TENANT, "flights", then));
    mark();

    Set<String> garbage = new HashSet<>();
    upkeep.garbage().list(null, 100).forEach(object -> garbage.add(object.objectKey()));
    List<String> live = keysOf(filesAt(newest(), "flights"));
    assertThat(live).hasSize(succeeded.get(1) ? 3 : 1).noneMatch(garbage::contains);
    assertThat(rows()).isEqualTo(30);
  }

  @RepeatedTest(5)
  void markingAndTheCommitOfAPendingWriteLoseNothing() throws Exception {
    TableInfo table = table("flights");
    WriteId write = prepared(catalog, table, 0, 1, 10);

    List<Boolean> succeeded = race(() -> mark(), () -> catalog.writes().commit(write));

    assertThat(succeeded).containsExactly(true, true);
    assertThat(rows()).isEqualTo(10);
    assertThat(upkeep.garbage().list(null, 10)).isEmpty();
  }

  @RepeatedTest(5)
  void markingAndTheCommitOfAWriteThatIsGivenUpAgree() throws Exception {
    TableInfo table = table("flights");
    WriteId write = prepared(catalog, table, 0, 1, 10);

    List<Boolean> succeeded =
        race(
            () -> {
              catalog.writes().abandon(write);
              mark();
            },
            () -> catalog.writes().commit(write));

    if (succeeded.get(1)) {
      assertThat(rows()).isEqualTo(10);
      assertThat(upkeep.garbage().list(null, 10)).isEmpty();
    } else {
      assertThat(filesAt(newest(), "flights")).isEmpty();
      assertThat(upkeep.garbage().list(null, 10)).hasSize(1);
    }
  }

  /**
   * Landing, compaction, restore, drop and undrop, expiry and collection of one table at once, with
   * readers: no manifest that can be read ever changes or misses a file.
   */
  @Test
  void everythingAtOnceLosesAndDoublesNothing() throws Exception {
    TableInfo table = table("flights");
    landFiles(table, 0, 2);
    upkeep.policies().set(TENANT, new UpkeepPolicy(null, null, null, Duration.ZERO, 12, null));
    AtomicBoolean stop = new AtomicBoolean();
    Map<SnapshotId, List<DataFile>> seen = new ConcurrentHashMap<>();
    List<String> wrong = new ArrayList<>();
    CompactionPlanner planner = new CompactionPlanner(CompactionOptions.DEFAULTS);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> others =
          List.of(
              executor.submit(() -> repeat(stop, () -> compactWhatThePlannerSays(table, planner))),
              executor.submit(
                  () ->
                      repeat(
                          stop,
                          () -> {
                            upkeep.retention().expire(upkeep.retention().plan(TENANT));
                            upkeep.garbage().mark(TENANT, GRACE, 5);
                            upkeep.retention().forget(TENANT, 5);
                          })),
              executor.submit(() -> repeat(stop, () -> upkeep.garbage().mark(TENANT, GRACE, 5))),
              executor.submit(
                  () ->
                      repeat(
                          stop,
                          () -> {
                            SnapshotId id = newest();
                            List<DataFile> files = filesAt(id, "flights");
                            List<DataFile> before = seen.putIfAbsent(id, files);
                            if (before != null && !before.equals(files)) {
                              wrong.add("Snapshot %s changed".formatted(id));
                            }
                          })));
      try {
        landRestoreAndDrop(table, new Random(7));
      } finally {
        stop.set(true);
      }
      for (Future<?> other : others) {
        other.get();
      }
    }

    assertThat(wrong).isEmpty();
    FileRows counted = catalog.accounts().fileRows(TENANT).getFirst();
    assertThat(counted.fileRows()).isEqualTo(counted.expected()).isEqualTo(rows());
    mark();
    Set<String> garbage = new HashSet<>();
    upkeep.garbage().list(null, 10_000).forEach(object -> garbage.add(object.objectKey()));
    for (Snapshot snapshot : catalog.snapshots().list(TENANT, null, 100)) {
      if (catalog.snapshots().changedIn(TENANT, snapshot.id(), "flights").isPresent()) {
        List<DataFile> files = filesAt(snapshot.id(), "flights");
        assertThat(keysOf(files)).noneMatch(garbage::contains);
        assertThat(seen.getOrDefault(snapshot.id(), files)).isEqualTo(files);
      }
    }
  }

  private void landRestoreAndDrop(TableInfo table, Random random) throws Exception {
    long position = 2;
    int restored = 0;
    for (int i = 0; i < 60; i++) {
      clock.advance(Duration.ofSeconds(1));
      land(table, position, position + 1, 10);
      position++;
      SnapshotId newest = newest();
      if (i % 7 == 3) {
        SnapshotId to = new SnapshotId(newest.value() - random.nextInt(4));
        restored += succeeds(() -> upkeep.restores().restore(TENANT, "flights", to)).call() ? 1 : 0;
      }
      if (i % 20 == 10) {
        long rows = rows();
        catalog.tables().drop(TENANT, "flights");
        upkeep.restores().undrop(TENANT, "flights");
        assertThat(rows()).isEqualTo(rows);
      }
    }
    assertThat(restored).isPositive();
  }

  private void compactWhatThePlannerSays(TableInfo table, CompactionPlanner planner) {
    List<RewriteDraft> drafts =
        planner.plan(upkeep.rewrites(), table.id(), 4).groups().stream()
            .map(group -> group.draft())
            .toList();
    for (RewriteId id : upkeep.rewrites().begin("run", table.id(), drafts)) {
      prepare(id, file(table, upkeep.rewrites().load(id).inputRows()));
      upkeep.rewrites().publish(id);
    }
  }

  private static void repeat(AtomicBoolean stop, Runnable work) {
    while (!stop.get()) {
      try {
        work.run();
      } catch (CommitConflictException
          | SnapshotExpiredException
          | TableNotFoundException
          | IllegalArgumentException e) {
        // Somebody else was faster: the next round plans anew.
        assertThat(e).isNotNull();
      }
    }
  }
}

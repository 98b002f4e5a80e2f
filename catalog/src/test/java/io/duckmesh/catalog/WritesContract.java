package io.duckmesh.catalog;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Landing batches. */
abstract class WritesContract extends CatalogContract {
  @Test
  void commitMovesTheWatermarkAndMakesFilesAndCountsVisible() {
    TableInfo table = table("flights");
    WriteId write = prepared(catalog, table, 0, 5, 100);

    Commit commit = catalog.writes().commit(write);

    assertThat(commit)
        .isEqualTo(new Commit(write, catalog.snapshots().newest(TENANT), 5, 100, 0, 0));
    assertThat(commit.snapshot().operation()).isEqualTo("append");
    assertThat(catalog.watermarks().load(SHARD))
        .isEqualTo(new Watermark(SHARD, TENANT, 5, commit.snapshot().id()));
    assertThat(manifestFiles("flights")).hasSize(1);
    assertThat(catalog.tables().counts(table.id()))
        .isEqualTo(new TableCounts(table.id(), 100, 0, 0));
  }

  @Test
  void nothingOfAWriteIsVisibleBeforeItIsCommitted() {
    TableInfo table = table("flights");
    SnapshotId before = newest();

    prepared(catalog, table, 0, 5, 100);

    assertThat(newest()).isEqualTo(before);
    assertThat(manifestFiles("flights")).isEmpty();
    assertThat(catalog.tables().counts(table.id()).visible()).isZero();
    assertThat(catalog.watermarks().load(SHARD).position()).isZero();
  }

  @Test
  void committingAgainAnswersWithTheFirstCommit() {
    TableInfo table = table("flights");
    WriteId write = prepared(catalog, table, 0, 5, 100);
    Commit first = catalog.writes().commit(write);
    land(table, 5, 9, 1);

    Commit again = open().writes().commit(write);

    assertThat(again).isEqualTo(first);
    assertThat(catalog.tables().counts(table.id()).visible()).isEqualTo(101);
    assertThat(manifestFiles("flights")).hasSize(2);
  }

  @Test
  void ofTwoWritesOfOneBatchOneWinsAndTheOtherHasNoEffect() {
    TableInfo table = table("flights");
    Catalog rival = open();
    KeyHash wonKey = keys(1, 1).getFirst();
    KeyHash lostKey = keys(2, 1).getFirst();
    WriteId won = catalog.writes().begin(SHARD, 0, 5, "one");
    WriteId lost = rival.writes().begin(SHARD, 0, 3, "two");
    catalog.writes().recordKeys(won, table.id(), List.of(wonKey));
    rival.writes().recordKeys(lost, table.id(), List.of(lostKey));
    DataFile wonFile = file(table, 100);
    prepare(catalog, won, List.of(wonFile), List.of());
    prepare(rival, lost, List.of(file(table, 60)), List.of(outcome(2, table, 7, 3, "lost")));
    catalog.writes().commit(won);

    assertThatThrownBy(() -> rival.writes().commit(lost))
        .isInstanceOf(CommitConflictException.class)
        .hasMessageContaining("watermark is 5, not 0");

    assertThat(manifestFiles("flights")).containsExactly(wonFile);
    assertThat(catalog.writes().findLanded(table.id(), List.of(wonKey, lostKey)))
        .containsExactly(wonKey);
    assertThat(catalog.tables().counts(table.id()))
        .isEqualTo(new TableCounts(table.id(), 100, 0, 0));
    assertThat(catalog.watermarks().findLanded(SHARD, 2))
        .hasValueSatisfying(segment -> assertThat(segment.reason()).isNull());
  }

  @Test
  void ofWorkersThatCommitAtTheSameMomentOneWins() throws Exception {
    TableInfo table = table("flights");
    int workers = 6;
    for (int round = 0; round < 5; round++) {
      long after = round;
      CyclicBarrier start = new CyclicBarrier(workers);
      List<WriteId> writes =
          Stream.generate(() -> prepared(catalog, table, after, after + 1, 1))
              .limit(workers)
              .toList();

      List<Boolean> won;
      try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Boolean>> commits =
            writes.stream()
                .map(
                    write ->
                        executor.submit(
                            () -> {
                              start.await();
                              return commits(write);
                            }))
                .toList();
        won = results(commits);
      }

      assertThat(won).containsOnlyOnce(true);
    }
    assertThat(catalog.tables().counts(table.id()).visible()).isEqualTo(5);
    assertThat(manifestFiles("flights")).hasSize(5);
  }

  private static List<Boolean> results(List<Future<Boolean>> futures) throws Exception {
    List<Boolean> results = new ArrayList<>();
    for (Future<Boolean> future : futures) {
      results.add(future.get());
    }
    return results;
  }

  private boolean commits(WriteId write) {
    try {
      catalog.writes().commit(write);
      return true;
    } catch (CommitConflictException e) {
      return false;
    }
  }

  @Test
  void lostWriteStaysLost() {
    TableInfo table = table("flights");
    WriteId lost = prepared(catalog, table, 0, 3, 60);
    land(table, 0, 5, 100);

    assertThatThrownBy(() -> catalog.writes().commit(lost))
        .isInstanceOf(CommitConflictException.class);
    assertThatThrownBy(() -> catalog.writes().commit(lost))
        .isInstanceOf(CommitConflictException.class);
  }

  @Test
  void batchThatHasLandedCannotBegin() {
    land(table("flights"), 0, 5, 100);

    assertThatThrownBy(() -> catalog.writes().begin(SHARD, 0, 5, "late"))
        .isInstanceOf(CommitConflictException.class)
        .hasMessageContaining("its watermark is 5");
    assertThatThrownBy(() -> catalog.writes().begin(SHARD, 6, 7, "early"))
        .isInstanceOf(CommitConflictException.class);
  }

  @Test
  void tablesOfOneBatchBecomeVisibleInOneSnapshot() {
    catalog.tenants().ensure(new TenantId("one"), 1);
    TenantId tenant = new TenantId("one");
    TableInfo flights = catalog.tables().create(tenant, draft("flights"));
    TableInfo planes = catalog.tables().create(tenant, draft("planes"));
    SnapshotId before = catalog.snapshots().newest(tenant).id();
    WriteId write = catalog.writes().begin(new ShardId("one-0"), 0, 2, "test");
    prepare(
        catalog, write, List.of(file(flights, 10), file(planes, 3), file(planes, 4)), List.of());

    Commit commit = catalog.writes().commit(write);

    SnapshotId after = commit.snapshot().id();
    assertThat(after.value()).isEqualTo(before.value() + 1);
    assertThat(commit.visible()).isEqualTo(17);
    assertThat(catalog.snapshots().manifest(tenant, before, "planes").files()).isEmpty();
    assertThat(catalog.snapshots().manifest(tenant, after, "flights").files()).hasSize(1);
    assertThat(catalog.snapshots().manifest(tenant, after, "planes").files()).hasSize(2);
    assertThat(catalog.snapshots().changedIn(tenant, after, "flights")).contains(after);
    assertThat(catalog.snapshots().changedIn(tenant, after, "planes")).contains(after);
    assertThat(catalog.tables().counts(planes.id()).visible()).isEqualTo(7);
  }

  @Test
  void batchWithoutFilesLandsAndCountsButChangesNoTable() {
    TableInfo table = table("flights");
    WriteId write = catalog.writes().begin(SHARD, 0, 1, "test");
    prepare(catalog, write, List.of(), List.of(outcome(1, table, 8, 2, "broken")));

    Commit commit = catalog.writes().commit(write);

    assertThat(commit.duplicates()).isEqualTo(8);
    assertThat(commit.quarantined()).isEqualTo(2);
    assertThat(catalog.watermarks().load(SHARD).position()).isEqualTo(1);
    assertThat(catalog.tables().counts(table.id())).isEqualTo(new TableCounts(table.id(), 0, 8, 2));
    assertThat(catalog.snapshots().changedIn(TENANT, commit.snapshot().id(), "flights"))
        .contains(table.createdIn());
  }

  @Test
  void registeredFilesThatWereNotPreparedStayInvisible() {
    TableInfo table = table("flights");
    WriteId write = catalog.writes().begin(SHARD, 0, 1, "test");
    catalog.writes().registerPending(write, table.id(), List.of("data/spare.parquet"));
    DataFile file = file(table, 1);

    catalog.writes().commit(prepare(catalog, write, List.of(file), List.of()));

    assertThat(manifestFiles("flights")).containsExactly(file);
  }

  @Test
  void tableOfItsFilesDroppedMeanwhileEndsTheWrite() {
    TableInfo table = table("flights");
    WriteId write = prepared(catalog, table, 0, 5, 100);
    SnapshotId dropped = catalog.tables().drop(TENANT, "flights").id();

    assertThatThrownBy(() -> catalog.writes().commit(write))
        .isInstanceOf(CommitConflictException.class)
        .hasMessageContaining("dropped");

    assertThat(newest()).isEqualTo(dropped);
    assertThat(catalog.watermarks().load(SHARD).position()).isZero();
    assertThat(catalog.tables().counts(table.id()).visible()).isZero();
  }

  @Test
  void eventsOfADroppedTableLandAsQuarantined() {
    TableInfo table = table("flights");
    catalog.tables().drop(TENANT, "flights");
    WriteId write = catalog.writes().begin(SHARD, 0, 1, "test");
    prepare(catalog, write, List.of(), List.of(outcome(1, table, 0, 9, "Table was dropped")));

    Commit commit = catalog.writes().commit(write);

    assertThat(commit.watermark()).isEqualTo(1);
    assertThat(catalog.tables().counts(table.id()).quarantined()).isEqualTo(9);
  }

  @Test
  void writeMustBePreparedOnce() {
    TableInfo table = table("flights");
    WriteId write = catalog.writes().begin(SHARD, 0, 5, "test");

    assertThatThrownBy(() -> catalog.writes().commit(write))
        .isInstanceOf(IllegalStateException.class);
    prepare(catalog, write, List.of(file(table, 1)), List.of());
    assertThatThrownBy(
            () ->
                catalog.writes().prepare(write, new PreparedWrite(List.of(), List.of(), List.of())))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> catalog.writes().registerPending(write, table.id(), List.of("late")))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> catalog.writes().recordKeys(write, table.id(), keys(1, 1)))
        .isInstanceOf(IllegalStateException.class);

    assertThat(catalog.writes().commit(write).visible()).isEqualTo(1);
  }

  @Test
  void fileMustHaveBeenRegisteredByItsWrite() {
    TableInfo table = table("flights");
    WriteId write = catalog.writes().begin(SHARD, 0, 5, "test");
    DataFile file = file(table, 1);

    assertThatThrownBy(
            () ->
                catalog
                    .writes()
                    .prepare(
                        write,
                        new PreparedWrite(
                            List.of(file), counts(List.of(file), List.of()), List.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file.objectKey());

    prepare(catalog, write, List.of(file), List.of());
    assertThat(catalog.writes().commit(write).visible()).isEqualTo(1);
  }

  @Test
  void objectKeyIsNeverGivenTwice() {
    TableInfo table = table("flights");
    WriteId write = catalog.writes().begin(SHARD, 0, 5, "test");
    catalog.writes().registerPending(write, table.id(), List.of("data/1.parquet"));

    assertThatThrownBy(
            () -> catalog.writes().registerPending(write, table.id(), List.of("data/1.parquet")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("data/1.parquet");
  }

  @Test
  void tableOfAnotherShardIsRefused() {
    table("flights");
    TableInfo elsewhere = table("planes");
    WriteId write = catalog.writes().begin(SHARD, 0, 5, "test");

    assertThatThrownBy(
            () -> catalog.writes().registerPending(write, elsewhere.id(), List.of("data/1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not live on shard default-0");
    assertThatThrownBy(() -> catalog.writes().recordKeys(write, elsewhere.id(), keys(1, 1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                catalog
                    .writes()
                    .prepare(
                        write,
                        new PreparedWrite(
                            List.of(),
                            List.of(new TableCounts(elsewhere.id(), 0, 1, 0)),
                            List.of())))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void abandonedWriteCannotGoOn() {
    TableInfo table = table("flights");
    WriteId write = prepared(catalog, table, 0, 5, 100);

    catalog.writes().abandon(write);

    assertThatThrownBy(() -> catalog.writes().commit(write))
        .isInstanceOf(CommitConflictException.class);
    assertThat(manifestFiles("flights")).isEmpty();
    assertThat(land(table, 0, 5, 7).watermark()).isEqualTo(5);
  }

  @Test
  void abandoningACommittedWriteDoesNothing() {
    TableInfo table = table("flights");
    Commit commit = land(table, 0, 5, 100);

    catalog.writes().abandon(commit.write());

    assertThat(manifestFiles("flights")).hasSize(1);
    assertThat(catalog.writes().commit(commit.write())).isEqualTo(commit);
  }

  @Test
  void creatingAndDroppingTablesWhileBatchesLandNeverDeadlocks() throws Exception {
    catalog.tenants().ensure(TENANT, 2);
    List<TableInfo> tables = List.of(table("a"), table("b"));
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> work =
          Stream.concat(
                  tables.stream()
                      .map(
                          table ->
                              (Runnable)
                                  () -> {
                                    for (int i = 0; i < 20; i++) {
                                      land(table, i, i + 1, 1);
                                    }
                                  }),
                  Stream.of("c", "d")
                      .map(
                          name ->
                              () -> {
                                for (int i = 0; i < 10; i++) {
                                  table(name);
                                  catalog.tables().drop(TENANT, name);
                                  catalog.tenants().ensure(TENANT, 3 + i);
                                }
                              }))
              .<Future<?>>map(executor::submit)
              .toList();
      for (Future<?> future : work) {
        future.get();
      }
    }

    assertThat(
            catalog.watermarks().list().stream()
                .collect(toMap(Watermark::shard, Watermark::position)))
        .containsAllEntriesOf(Map.of(new ShardId("default-0"), 20L, new ShardId("default-1"), 20L));
  }

  List<DataFile> manifestFiles(String table) {
    return catalog.snapshots().manifest(TENANT, newest(), table).files();
  }

  static SegmentOutcome outcome(
      long position, TableInfo table, long duplicates, long quarantined, String reason) {
    return new SegmentOutcome(
        position, table.id(), duplicates + quarantined, duplicates, quarantined, reason);
  }
}

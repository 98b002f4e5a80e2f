package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What became of the events that have landed. */
abstract class AccountsContract extends CatalogContract {
  @Test
  void newTenantHasAnEmptyAccountForEachShard() {
    assertThat(catalog.accounts().list(TENANT))
        .containsExactly(
            new ShardAccount(SHARD, TENANT, 0, newest(), 0, List.of()),
            new ShardAccount(new ShardId("default-1"), TENANT, 0, newest(), 0, List.of()),
            new ShardAccount(new ShardId("default-2"), TENANT, 0, newest(), 0, List.of()));
    assertThat(catalog.accounts().list(new TenantId("nobody"))).isEmpty();
    assertThatThrownBy(() -> catalog.accounts().load(new ShardId("nobody-0")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nobody-0");
  }

  @Test
  void commitCountsByTableAndShardTogetherWithTheWatermark() {
    TableInfo airlines = onShard(SHARD, "airlines");
    TableInfo flights = onShard(SHARD, "flights");
    WriteId write = catalog.writes().begin(SHARD, 0, 9, "test");
    DataFile file = file(flights, 70);
    catalog.writes().registerPending(write, flights.id(), List.of(file.objectKey()));
    catalog
        .writes()
        .prepare(
            write,
            new PreparedWrite(
                List.of(file),
                List.of(
                    new TableCounts(flights.id(), 100, 70, 20, 7),
                    new TableCounts(airlines.id(), 0, 0, 4)),
                List.of(
                    new SegmentOutcome(3, null, 11, 0, 11, "No segment"),
                    new SegmentOutcome(4, airlines.id(), 4, 0, 4, "Bad"),
                    new SegmentOutcome(5, null, 2, 0, 2, "No table"))));
    ShardAccount before = catalog.accounts().load(SHARD);

    Commit commit = catalog.writes().commit(write);
    catalog.writes().commit(write);

    assertThat(before.watermark()).isZero();
    assertThat(before.tableless()).isZero();
    assertThat(before.tables())
        .extracting(table -> table.counts().accepted())
        .containsExactly(0L, 0L);
    ShardAccount after = open().accounts().load(SHARD);
    assertThat(after)
        .isEqualTo(
            new ShardAccount(
                SHARD,
                TENANT,
                9,
                commit.snapshot().id(),
                13,
                List.of(
                    new ShardAccount.TableAccount(
                        "airlines", false, new TableCounts(airlines.id(), 4, 0, 0, 4)),
                    new ShardAccount.TableAccount(
                        "flights", false, new TableCounts(flights.id(), 100, 70, 20, 7)))));
    assertThat(catalog.accounts().list(TENANT)).contains(after);
    assertThat(catalog.tables().counts(flights.id()))
        .isEqualTo(new TableCounts(flights.id(), 100, 70, 20, 7));
  }

  @Test
  void writeThatLostCountsNothing() {
    TableInfo table = onShard(SHARD, "flights");
    WriteId lost = prepared(catalog, table, 0, 3, 60);
    land(table, 0, 5, 100);

    assertThatThrownBy(() -> catalog.writes().commit(lost))
        .isInstanceOf(CommitConflictException.class);

    assertThat(catalog.accounts().load(SHARD).tables())
        .containsExactly(
            new ShardAccount.TableAccount(
                "flights", false, new TableCounts(table.id(), 100, 100, 0, 0)));
  }

  @Test
  void droppedTableKeepsItsAccountBesideItsSuccessor() {
    TableInfo first = onShard(SHARD, "flights");
    land(first, 0, 5, 100);
    catalog.tables().drop(TENANT, "flights");
    TableInfo second = onShard(SHARD, "flights");
    land(second, 5, 6, 7);

    assertThat(catalog.accounts().load(SHARD).tables())
        .containsExactlyInAnyOrder(
            new ShardAccount.TableAccount(
                "flights", true, new TableCounts(first.id(), 100, 100, 0, 0)),
            new ShardAccount.TableAccount(
                "flights", false, new TableCounts(second.id(), 7, 7, 0, 0)));
    assertThat(catalog.accounts().fileRows(TENANT))
        .containsExactly(new FileRows(second.id(), "flights", 7, 0, 7));
  }

  @Test
  void rowsOfFilesStandBesideTheEventsThatCountAsVisible() {
    TableInfo flights = onShard(SHARD, "flights");
    TableInfo airlines = onShard(SHARD, "airlines");
    land(flights, 0, 5, 100);
    WriteId write = catalog.writes().begin(SHARD, 5, 6, "test");
    DataFile file = file(flights, 30);
    catalog.writes().registerPending(write, flights.id(), List.of(file.objectKey()));
    catalog
        .writes()
        .prepare(
            write,
            new PreparedWrite(
                List.of(file), List.of(new TableCounts(flights.id(), 31, 0, 0)), List.of()));
    catalog.writes().commit(write);
    prepared(catalog, flights, 6, 7, 1_000);

    assertThat(catalog.accounts().fileRows(TENANT))
        .contains(
            new FileRows(airlines.id(), "airlines", 0, 0, 0),
            new FileRows(flights.id(), "flights", 131, 0, 130));
  }

  @Test
  void accountsReadDuringCommitsNeverMixTwoMoments() throws Exception {
    TableInfo table = onShard(SHARD, "flights");
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch reading = new CountDownLatch(1);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Integer> readings =
          executor.submit(
              () -> {
                Catalog reader = open();
                int count = 0;
                while (!done.get()) {
                  ShardAccount account = reader.accounts().load(SHARD);
                  // Each batch has ten events a position.
                  assertThat(account.tables().getFirst().counts().visible())
                      .isEqualTo(10 * account.watermark());
                  assertThat(reader.accounts().fileRows(TENANT))
                      .allSatisfy(rows -> assertThat(rows.fileRows()).isEqualTo(rows.visible()));
                  count++;
                  reading.countDown();
                }
                return count;
              });
      assertThat(reading.await(30, TimeUnit.SECONDS)).isTrue();
      for (int position = 0; position < 60; position += 2) {
        land(table, position, position + 2, 20);
      }
      done.set(true);
      assertThat(readings.get()).isPositive();
    }
  }

  /** A table on the shard, which the least used ones make room for. */
  private TableInfo onShard(ShardId shard, String name) {
    TableInfo table = table(name);
    while (!table.shards().contains(shard)) {
      catalog.tables().drop(TENANT, name);
      table("other" + newest().value());
      table = table(name);
    }
    return table;
  }
}

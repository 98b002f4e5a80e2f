package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** States that never change. */
abstract class SnapshotsContract extends CatalogContract {
  @Test
  void snapshotKeepsItsFilesThroughLaterCommitsAndADrop() {
    TableInfo table = table("flights");
    SnapshotId first = land(table, 0, 1, 10).snapshot().id();
    TableManifest before = catalog.snapshots().manifest(TENANT, first, "flights");
    land(table, 1, 2, 20);
    catalog.tables().drop(TENANT, "flights");

    TableManifest after = catalog.snapshots().manifest(TENANT, first, "flights");

    assertThat(after).isEqualTo(before);
    assertThat(after.files()).hasSize(1);
    assertThat(after.table()).isEqualTo(table);
    assertThat(catalog.snapshots().tables(TENANT, first)).containsExactly(table);
  }

  @Test
  void manifestGivesFilesAsTheyWerePrepared() {
    TableInfo table = table("flights");
    DataFile file = file(table, 10);
    WriteId write = catalog.writes().begin(SHARD, 0, 1, "test");
    SnapshotId snapshot =
        catalog.writes().commit(prepare(catalog, write, List.of(file), List.of())).snapshot().id();

    TableManifest manifest = catalog.snapshots().manifest(TENANT, snapshot, "flights");

    assertThat(manifest.files()).containsExactly(file);
    assertThat(manifest.changedIn()).isEqualTo(snapshot);
  }

  @Test
  void changesMakeTheLaterManifestFromTheEarlierOne() {
    TableInfo table = table("flights");
    SnapshotId first = land(table, 0, 1, 10).snapshot().id();
    TableInfo other = table("events");
    land(other, 0, 1, 10);
    land(table, 1, 2, 20);
    SnapshotId third = land(table, 2, 3, 30).snapshot().id();
    land(table, 3, 4, 40);

    ManifestChange change = catalog.snapshots().changesSince(TENANT, first, third, "FLIGHTS");

    TableManifest before = catalog.snapshots().manifest(TENANT, first, "flights");
    TableManifest after = catalog.snapshots().manifest(TENANT, third, "flights");
    assertThat(change.added()).hasSize(2).doesNotContainAnyElementsOf(before.files());
    assertThat(change.removed()).isEmpty();
    assertThat(Stream.concat(before.files().stream(), change.added().stream()))
        .containsExactlyElementsOf(after.files());
    assertThat(change.table()).isEqualTo(after.table());
    assertThat(change.changedIn()).isEqualTo(third);
  }

  @Test
  void changesOfATableThatDidNotExistAreAllOfIt() {
    SnapshotId empty = newest();
    TableInfo old = table("flights");
    SnapshotId then = land(old, 0, 1, 10).snapshot().id();
    catalog.tables().drop(TENANT, "flights");
    TableInfo young = table("flights");
    SnapshotId now = land(young, 1, 2, 20).snapshot().id();

    ManifestChange sinceEmpty = catalog.snapshots().changesSince(TENANT, empty, now, "flights");
    ManifestChange sinceOld = catalog.snapshots().changesSince(TENANT, then, now, "flights");

    assertThat(sinceEmpty.added())
        .isEqualTo(catalog.snapshots().manifest(TENANT, now, "flights").files());
    assertThat(sinceOld).isEqualTo(sinceEmpty);
    assertThat(sinceOld.table().id()).isEqualTo(young.id());
  }

  @Test
  void nothingChangesWithinOneSnapshot() {
    TableInfo table = table("flights");
    SnapshotId id = land(table, 0, 1, 10).snapshot().id();

    ManifestChange change = catalog.snapshots().changesSince(TENANT, id, id, "flights");

    assertThat(change.added()).isEmpty();
    assertThat(change.removed()).isEmpty();
    assertThat(change.changedIn()).isEqualTo(id);
    assertThatThrownBy(
            () -> catalog.snapshots().changesSince(TENANT, id, table.createdIn(), "flights"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is later than snapshot");
    assertThatThrownBy(() -> catalog.snapshots().changesSince(TENANT, id, id, "never"))
        .isInstanceOf(TableNotFoundException.class);
  }

  @Test
  void snapshotHasTheTableThatHadTheNameThen() {
    TableInfo old = table("flights");
    SnapshotId then = land(old, 0, 1, 10).snapshot().id();
    SnapshotId between = catalog.tables().drop(TENANT, "flights").id();
    TableInfo young = table("flights");

    assertThat(catalog.snapshots().manifest(TENANT, then, "flights").table().id())
        .isEqualTo(old.id());
    assertThat(catalog.snapshots().manifest(TENANT, newest(), "flights").table().id())
        .isEqualTo(young.id());
    assertThatThrownBy(() -> catalog.snapshots().manifest(TENANT, between, "flights"))
        .isInstanceOf(TableNotFoundException.class);
    assertThat(catalog.snapshots().changedIn(TENANT, between, "flights")).isEmpty();
  }

  @Test
  void newestTablesSaysWhenEachOfThemChangedLast() {
    TableInfo flights = table("flights");
    TableInfo events = table("events");
    table("dropped");
    SnapshotId changed = land(flights, 0, 1, 10).snapshot().id();
    catalog.tables().drop(TENANT, "dropped");

    NewestTables newest =
        catalog.snapshots().newestTables(TENANT, Set.of("flights", "events", "dropped", "never"));

    assertThat(newest.snapshot().id()).isEqualTo(newest());
    assertThat(newest.changedIn())
        .isEqualTo(Map.of("flights", changed, "events", events.createdIn()));
    assertThat(catalog.snapshots().newestTables(TENANT, Set.of()).snapshot())
        .isEqualTo(newest.snapshot());
  }

  @Test
  void changedInStandsWhileOtherTablesChange() {
    TableInfo flights = table("flights");
    TableInfo events = table("events");
    SnapshotId created = newest();
    SnapshotId changed = land(flights, 0, 1, 10).snapshot().id();
    SnapshotId other = land(events, 0, 1, 10).snapshot().id();

    assertThat(catalog.snapshots().changedIn(TENANT, created, "flights"))
        .contains(flights.createdIn());
    assertThat(catalog.snapshots().changedIn(TENANT, changed, "flights")).contains(changed);
    assertThat(catalog.snapshots().changedIn(TENANT, other, "flights")).contains(changed);
    assertThat(catalog.snapshots().manifest(TENANT, other, "flights"))
        .isEqualTo(catalog.snapshots().manifest(TENANT, changed, "flights"));
  }

  @Test
  void timesIncreaseWithIdsThoughTheClockStandsOrGoesBack() {
    TableInfo table = table("flights");
    land(table, 0, 1, 1);
    clock.advance(Duration.ofHours(-1));
    land(table, 1, 2, 1);
    clock.advance(Duration.ofHours(2));
    land(table, 2, 3, 1);

    List<Snapshot> snapshots = catalog.snapshots().list(TENANT, null, 10);

    assertThat(snapshots).hasSize(5);
    for (int i = 1; i < snapshots.size(); i++) {
      assertThat(snapshots.get(i).id()).isLessThan(snapshots.get(i - 1).id());
      assertThat(snapshots.get(i).committedAt()).isBefore(snapshots.get(i - 1).committedAt());
    }
    assertThat(snapshots.getFirst().committedAt()).isEqualTo(clock.instant());
  }

  @Test
  void asOfIsTheNewestAtOrBeforeTheTime() {
    TableInfo table = table("flights");
    clock.advance(Duration.ofMinutes(1));
    Snapshot first = land(table, 0, 1, 1).snapshot();
    clock.advance(Duration.ofMinutes(1));
    Snapshot second = land(table, 1, 2, 1).snapshot();

    assertThat(catalog.snapshots().asOf(TENANT, first.committedAt())).isEqualTo(first);
    assertThat(catalog.snapshots().asOf(TENANT, second.committedAt().minusNanos(1000)))
        .isEqualTo(first);
    assertThat(catalog.snapshots().asOf(TENANT, second.committedAt().plusSeconds(99)))
        .isEqualTo(second);
    assertThatThrownBy(
            () -> catalog.snapshots().asOf(TENANT, Instant.parse("2001-01-01T00:00:00Z")))
        .isInstanceOf(SnapshotNotFoundException.class);
  }

  @Test
  void listIsPagedFromTheNewest() {
    TableInfo table = table("flights");
    for (int i = 0; i < 5; i++) {
      land(table, i, i + 1, 1);
    }

    List<Snapshot> page = catalog.snapshots().list(TENANT, null, 2);
    List<Snapshot> next = catalog.snapshots().list(TENANT, page.getLast().id(), 2);

    assertThat(page.getFirst().id()).isEqualTo(newest());
    assertThat(next)
        .extracting(snapshot -> snapshot.id().value())
        .containsExactly(newest().value() - 2, newest().value() - 3);
  }

  @Test
  void snapshotThatNeverExistedIsRefused() {
    table("flights");
    SnapshotId future = new SnapshotId(newest().value() + 1);

    assertThatThrownBy(() -> catalog.snapshots().load(TENANT, future))
        .isInstanceOf(SnapshotNotFoundException.class)
        .hasMessageContaining(future.toString());
    assertThatThrownBy(() -> catalog.snapshots().manifest(TENANT, future, "flights"))
        .isInstanceOf(SnapshotNotFoundException.class);
    assertThatThrownBy(() -> catalog.snapshots().tables(TENANT, future))
        .isInstanceOf(SnapshotNotFoundException.class);
    assertThatThrownBy(() -> catalog.snapshots().changedIn(TENANT, future, "flights"))
        .isInstanceOf(SnapshotNotFoundException.class);
  }

  @Test
  void tenantsHaveSnapshotsOfTheirOwn() {
    TenantId acme = new TenantId("acme");
    catalog.tenants().ensure(acme, 1);
    SnapshotId theirs = catalog.snapshots().newest(acme).id();

    land(table("flights"), 0, 1, 10);

    assertThat(catalog.snapshots().newest(acme).id()).isEqualTo(theirs);
    assertThatThrownBy(() -> catalog.snapshots().manifest(acme, theirs, "flights"))
        .isInstanceOf(TableNotFoundException.class);
  }

  @Test
  void readersNeverSeeASnapshotGainOrLoseAFileWhileShardsCommitAtOnce() throws Exception {
    int shards = 8;
    int batches = 15;
    catalog.tenants().ensure(TENANT, shards);
    TableInfo table =
        catalog
            .tables()
            .create(TENANT, draft("flights", TableSettings.DEFAULTS.withShards(shards)));
    Map<SnapshotId, TableManifest> seen = new ConcurrentHashMap<>();
    Runnable look =
        () -> {
          SnapshotId id = newest();
          seen.putIfAbsent(id, catalog.snapshots().manifest(TENANT, id, "flights"));
        };

    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<? extends Future<?>> writers =
          table.shards().stream()
              .map(
                  shard ->
                      executor.submit(
                          () -> {
                            for (int batch = 0; batch < batches; batch++) {
                              WriteId write =
                                  catalog.writes().begin(shard, batch, batch + 1, "test");
                              prepare(catalog, write, List.of(file(table, 1)), List.of());
                              look.run();
                              catalog.writes().commit(write);
                            }
                          }))
              .toList();
      while (!writers.stream().allMatch(Future::isDone)) {
        look.run();
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    }

    assertThat(seen).hasSizeGreaterThan(shards);
    seen.forEach(
        (id, manifest) -> {
          assertThat(catalog.snapshots().manifest(TENANT, id, "flights")).isEqualTo(manifest);
          assertThat(manifest.files().size()).isEqualTo(id.value() - table.createdIn().value());
        });
    assertThat(newest().value()).isEqualTo(table.createdIn().value() + shards * batches);
    assertThat(catalog.tables().counts(table.id()).visible()).isEqualTo(shards * batches);
  }
}

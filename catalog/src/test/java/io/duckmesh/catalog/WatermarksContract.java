package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How far shards have landed. */
abstract class WatermarksContract extends CatalogContract {
  private static final ShardId SECOND = new ShardId("default-1");

  @Test
  void allShardsOfAllTenantsAreListed() {
    catalog.tenants().ensure(new TenantId("acme"), 1);
    land(table("flights"), 0, 5, 1);

    assertThat(catalog.watermarks().list())
        .extracting(watermark -> watermark.shard().value() + " " + watermark.position())
        .containsExactly("acme-0 0", "default-0 5", "default-1 0", "default-2 0");
  }

  @Test
  void unknownShardIsRefused() {
    assertThatThrownBy(() -> catalog.watermarks().load(new ShardId("nowhere-0")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nowhere-0");
    assertThatThrownBy(() -> catalog.watermarks().await(at(new ShardId("nowhere-0"), 1), LONG))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void awaitingWhatHasLandedReturnsAtOnce() throws Exception {
    land(table("flights"), 0, 5, 1);

    assertThat(open().watermarks().await(at(SHARD, 5), Duration.ZERO)).isTrue();
    assertThat(catalog.watermarks().await(at(SHARD, 6), Duration.ZERO)).isFalse();
    assertThat(catalog.watermarks().await(Map.of(), Duration.ZERO)).isTrue();
  }

  @Test
  void awaitingNothingEndsWithTheTime() throws Exception {
    assertThat(catalog.watermarks().await(at(SHARD, 1), Duration.ofMillis(50))).isFalse();
  }

  @Test
  void zeroTimeoutLooksAtTheCatalogItself() throws Exception {
    Catalog other = open();
    TableInfo table = table("flights");
    for (int i = 0; i < 10; i++) {
      land(table, i, i + 1, 1);

      assertThat(other.watermarks().await(at(SHARD, i + 1), Duration.ZERO)).isTrue();
    }
  }

  @Test
  void commitOfAnotherCatalogWakesEverybodyWhoWaits() throws Exception {
    Catalog other = open();
    TableInfo table = table("flights");
    int waiters = 2000;
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> waiting =
          IntStream.range(0, waiters)
              .mapToObj(
                  i -> executor.submit(() -> other.watermarks().await(at(SHARD, 1 + i % 3), LONG)))
              .toList();

      land(table, 0, 2, 1);
      land(table, 2, 3, 1);

      for (Future<Boolean> waiter : waiting) {
        assertThat(waiter.get()).isTrue();
      }
    }
  }

  @Test
  void commitOfAnotherCatalogEndsTheWaitForAnyAdvance() throws Exception {
    Catalog other = open();
    TableInfo table = table("flights");
    land(table, 0, 1, 1);
    assertThat(other.watermarks().await(at(SHARD, 1), LONG)).isTrue();
    long seen = settled(other);
    assertThat(other.watermarks().awaitAdvance(seen, Duration.ZERO)).isEqualTo(seen);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Long> waiter = executor.submit(() -> other.watermarks().awaitAdvance(seen, LONG));

      land(table, 1, 2, 1);

      assertThat(waiter.get()).isNotEqualTo(seen);
    }
  }

  /** What there is when nothing has moved for a while. */
  private static long settled(Catalog catalog) throws InterruptedException {
    long seen = 0;
    long now = catalog.watermarks().awaitAdvance(seen, Duration.ofMillis(100));
    while (now != seen) {
      seen = now;
      now = catalog.watermarks().awaitAdvance(seen, Duration.ofMillis(100));
    }
    return now;
  }

  @Test
  void waiterIsNotWokenByAnEarlierPosition() throws Exception {
    TableInfo table = table("flights");
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> waiter =
          executor.submit(() -> catalog.watermarks().await(at(SHARD, 2), Duration.ofMillis(300)));

      land(table, 0, 1, 1);

      assertThat(waiter.get()).isFalse();
    }
  }

  @Test
  void awaitingSeveralShardsNeedsAllOfThem() throws Exception {
    TableInfo first = table("flights");
    TableInfo second = table("planes");
    Map<ShardId, Long> positions = Map.of(SHARD, 1L, SECOND, 2L);
    land(first, 0, 1, 1);
    assertThat(catalog.watermarks().await(positions, Duration.ofMillis(20))).isFalse();

    land(second, 0, 2, 1);

    assertThat(catalog.watermarks().await(positions, Duration.ZERO)).isTrue();
  }

  @Test
  void waiterSeesTheSnapshotThatItWaitedFor() throws Exception {
    Catalog other = open();
    TableInfo table = table("flights");
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 1; i <= 20; i++) {
        int position = i;
        Future<Integer> seen =
            executor.submit(
                () -> {
                  assertThat(other.watermarks().await(at(SHARD, position), LONG)).isTrue();
                  SnapshotId newest = other.snapshots().newest(TENANT).id();
                  return other.snapshots().manifest(TENANT, newest, "flights").files().size();
                });
        land(table, i - 1, i, 1);

        assertThat(seen.get()).isEqualTo(i);
      }
    }
  }

  @Test
  void closingWakesEverybodyWhoWaits() throws Exception {
    Catalog other = open();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> waiter = executor.submit(() -> other.watermarks().await(at(SHARD, 1), LONG));

      other.close();

      assertThat(waiter.get()).isFalse();
    }
  }

  @Test
  void interruptedWaiterStops() throws Exception {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> waiter =
          executor.submit(() -> catalog.watermarks().await(at(SHARD, 1), LONG));

      waiter.cancel(true);

      executor.shutdown();
      assertThat(executor.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void segmentsAboveTheWatermarkHaveNotLanded() {
    TableInfo table = table("flights");
    land(table, 0, 3, 1);

    assertThat(catalog.watermarks().findLanded(SHARD, 4)).isEmpty();
    assertThat(catalog.watermarks().findLanded(SHARD, 0)).isEmpty();
    assertThat(catalog.watermarks().findLanded(SECOND, 1)).isEmpty();
  }

  @Test
  void landedSegmentKnowsItsSnapshotAndItsOutcome() {
    TableInfo table = table("flights");
    Snapshot first = land(table, 0, 3, 1).snapshot();
    WriteId write = catalog.writes().begin(SHARD, 3, 6, "test");
    prepare(
        catalog,
        write,
        List.of(file(table, 1)),
        List.of(
            new SegmentOutcome(4, table.id(), 10, 4, 0, null),
            new SegmentOutcome(6, null, 7, 0, 7, "The segment is corrupt")));
    Commit second = catalog.writes().commit(write);

    assertThat(catalog.watermarks().findLanded(SHARD, 1))
        .contains(new LandedSegment(SHARD, 1, first, 0, 0, null));
    assertThat(catalog.watermarks().findLanded(SHARD, 3))
        .contains(new LandedSegment(SHARD, 3, first, 0, 0, null));
    assertThat(catalog.watermarks().findLanded(SHARD, 4))
        .contains(new LandedSegment(SHARD, 4, second.snapshot(), 4, 0, null));
    assertThat(catalog.watermarks().findLanded(SHARD, 5))
        .contains(new LandedSegment(SHARD, 5, second.snapshot(), 0, 0, null));
    assertThat(catalog.watermarks().findLanded(SHARD, 6))
        .contains(new LandedSegment(SHARD, 6, second.snapshot(), 0, 7, "The segment is corrupt"));
  }

  @Test
  void whatBecameOfSegmentsIsKeptForTheWindowAndThenSaidToBeForgotten() {
    TableInfo table = table("flights");
    WriteId write = catalog.writes().begin(SHARD, 0, 1, "test");
    prepare(
        catalog,
        write,
        List.of(file(table, 1)),
        List.of(new SegmentOutcome(1, table.id(), 10, 4, 0, null)));
    Snapshot snapshot = catalog.writes().commit(write).snapshot();
    clock.advance(Duration.ofDays(7));
    catalog.writes().expireKeys();
    assertThat(catalog.watermarks().findLanded(SHARD, 1))
        .contains(new LandedSegment(SHARD, 1, snapshot, 4, 0, null));

    clock.advance(Duration.ofDays(2));
    catalog.writes().expireKeys();

    assertThatThrownBy(() -> catalog.watermarks().findLanded(SHARD, 1))
        .isInstanceOf(SegmentForgottenException.class)
        .hasMessageContaining("Position 1 of shard " + SHARD);
    assertThat(catalog.watermarks().findLanded(SHARD, 2)).isEmpty();
    assertThat(catalog.watermarks().load(SHARD).position()).isEqualTo(1);
    assertThat(catalog.snapshots().manifest(TENANT, snapshot.id(), "flights").files()).hasSize(1);
  }
}

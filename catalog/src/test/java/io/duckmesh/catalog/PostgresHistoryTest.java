package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.upkeep.ExpiryPlan;
import io.duckmesh.catalog.upkeep.Pin;
import io.duckmesh.catalog.upkeep.TableExpiry;
import io.duckmesh.catalog.upkeep.TablePolicy;
import io.duckmesh.catalog.upkeep.UpkeepPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which snapshots can be read. */
class PostgresHistoryTest extends UpkeepTestBase {
  private static final Duration DAY = Duration.ofDays(1);

  private void keep(Duration keep, int atLeast) {
    upkeep.policies().set(TENANT, new UpkeepPolicy(null, null, null, keep, atLeast, null));
  }

  private ExpiryPlan expire() {
    clock.advance(Duration.ofSeconds(1));
    ExpiryPlan plan = upkeep.retention().plan(TENANT);
    upkeep.retention().expire(plan);
    return plan;
  }

  private void forget() {
    while (upkeep.retention().forget(TENANT, 3) == 3) {
      // The next page.
    }
  }

  @Test
  void snapshotsAreKeptForAWeekAndAtLeastTenByDefault() {
    TableInfo table = table("flights");
    landFiles(table, 0, 15);
    SnapshotId newest = newest();

    assertThat(expire().historyFrom()).isEqualTo(new SnapshotId(1));
    clock.advance(Duration.ofDays(8));
    ExpiryPlan plan = expire();

    assertThat(plan.historyFrom()).isEqualTo(new SnapshotId(newest.value() - 9));
    assertThat(plan.snapshots()).isEqualTo(newest.value() - 10);
    assertThat(catalog.snapshots().list(TENANT, null, 100)).hasSize(10);
    assertThat(filesAt(new SnapshotId(newest.value() - 9), "flights")).hasSize(6);
  }

  @Test
  void snapshotThatWasNewestWhenTheTimeBeganStays() {
    TableInfo table = table("flights");
    landFiles(table, 0, 3);
    SnapshotId then = newest();
    clock.advance(DAY);
    landFiles(table, 3, 1);
    keep(DAY, 1);

    ExpiryPlan plan = expire();

    assertThat(plan.historyFrom()).isEqualTo(then);
    assertThat(catalog.snapshots().asOf(TENANT, clock.instant().minus(DAY)).id()).isEqualTo(then);
  }

  @Test
  void expiredSnapshotIsRefusedEverywhereAndOthersAnswerAsBefore() {
    TableInfo table = table("flights");
    landFiles(table, 0, 2);
    Snapshot old = catalog.snapshots().newest(TENANT);
    clock.advance(DAY);
    List<DataFile> now = landFiles(table, 2, 2);
    TableManifest before = catalog.snapshots().manifest(TENANT, newest(), "flights");
    expireTo(1);

    assertThatThrownBy(() -> catalog.snapshots().load(TENANT, old.id()))
        .isInstanceOf(SnapshotExpiredException.class)
        .hasMessageContaining(old.id().toString());
    assertThatThrownBy(() -> catalog.snapshots().manifest(TENANT, old.id(), "flights"))
        .isInstanceOf(SnapshotExpiredException.class);
    assertThatThrownBy(() -> catalog.snapshots().changedIn(TENANT, old.id(), "flights"))
        .isInstanceOf(SnapshotExpiredException.class);
    assertThatThrownBy(() -> catalog.snapshots().tables(TENANT, old.id()))
        .isInstanceOf(SnapshotExpiredException.class);
    assertThatThrownBy(
            () -> catalog.snapshots().changesSince(TENANT, old.id(), newest(), "flights"))
        .isInstanceOf(SnapshotExpiredException.class);
    assertThatThrownBy(() -> catalog.snapshots().asOf(TENANT, old.committedAt()))
        .isInstanceOf(SnapshotExpiredException.class);
    assertThatThrownBy(() -> catalog.snapshots().load(TENANT, new SnapshotId(newest().value() + 1)))
        .isInstanceOf(SnapshotNotFoundException.class);
    assertThat(catalog.snapshots().manifest(TENANT, newest(), "flights")).isEqualTo(before);
    assertThat(catalog.snapshots().list(TENANT, null, 10)).hasSize(1);
    assertThat(now).hasSize(2);
  }

  @Test
  void changesSinceAnExpiredSnapshotAreKnownIfTheTableDidNotChangeMeanwhile() {
    TableInfo table = table("flights");
    TableInfo other = table("events");
    List<DataFile> files = landFiles(table, 0, 2);
    SnapshotId last = newest();
    landFiles(other, 0, 3);
    expireTo(1);
    compact(table, files);

    ManifestChange change = catalog.snapshots().changesSince(TENANT, last, newest(), "flights");

    assertThat(change.removed()).isEqualTo(java.util.Set.copyOf(keysOf(files)));
    assertThat(change.added()).isEqualTo(filesAt(newest(), "flights"));
  }

  @Test
  void pinnedSnapshotAnswersAsBeforeThroughEverything() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    SnapshotId pinned = newest();
    Instant pinnedAt = catalog.snapshots().newest(TENANT).committedAt();
    TableManifest before = catalog.snapshots().manifest(TENANT, pinned, "flights");
    Pin pin = upkeep.retention().pin(TENANT, "audit", pinned, null);
    compact(table, files);
    landFiles(table, 4, 3);
    clock.advance(DAY.multipliedBy(30));
    catalog.writes().expireKeys();
    expireTo(1);
    forget();
    collect();

    assertThat(catalog.snapshots().manifest(TENANT, pinned, "flights")).isEqualTo(before);
    assertThat(catalog.snapshots().load(TENANT, pinned).id()).isEqualTo(pinned);
    assertThat(catalog.snapshots().changedIn(TENANT, pinned, "flights")).contains(pinned);
    assertThat(catalog.snapshots().list(TENANT, null, 10))
        .extracting(Snapshot::id)
        .containsExactly(newest(), pinned);
    assertThat(upkeep.retention().pins(TENANT)).containsExactly(pin);
    assertThatThrownBy(() -> catalog.snapshots().load(TENANT, new SnapshotId(pinned.value() - 1)))
        .isInstanceOf(SnapshotExpiredException.class);
    // What came between is forgotten, so a time does not lead to the pinned one.
    assertThatThrownBy(() -> catalog.snapshots().asOf(TENANT, pinnedAt.plusNanos(1_000)))
        .isInstanceOf(SnapshotExpiredException.class);
  }

  @Test
  void pinProtectsUntilAnExpiryAfterItsTimeHasRemovedIt() {
    TableInfo table = table("flights");
    landFiles(table, 0, 2);
    SnapshotId pinned = newest();
    Instant until = clock.instant().plus(DAY);
    Pin pin = upkeep.retention().pin(TENANT, "audit", pinned, until);
    landFiles(table, 2, 1);
    expireTo(1);
    assertThat(filesAt(pinned, "flights")).hasSize(2);
    clock.advance(DAY);
    assertThat(filesAt(pinned, "flights")).hasSize(2);

    ExpiryPlan plan = expire();

    assertThat(plan.lapsed()).containsExactly(pin);
    assertThat(plan.snapshots()).isEqualTo(1);
    assertThat(upkeep.retention().pins(TENANT)).isEmpty();
    assertThatThrownBy(() -> catalog.snapshots().load(TENANT, pinned))
        .isInstanceOf(SnapshotExpiredException.class);
  }

  @Test
  void expiredSnapshotCanNotBePinnedAndAnUnknownOneNeither() {
    landFiles(table("flights"), 0, 5);
    expireTo(2);
    SnapshotId expired = new SnapshotId(newest().value() - 2);

    assertThatThrownBy(() -> upkeep.retention().pin(TENANT, "late", expired, null))
        .isInstanceOf(SnapshotExpiredException.class);
    assertThatThrownBy(
            () ->
                upkeep.retention().pin(TENANT, "early", new SnapshotId(newest().value() + 1), null))
        .isInstanceOf(SnapshotNotFoundException.class);
    assertThat(upkeep.retention().pins(TENANT)).isEmpty();
  }

  @Test
  void pinIsMovedByItsNameAndRemovedOnce() {
    landFiles(table("flights"), 0, 3);
    SnapshotId first = new SnapshotId(newest().value() - 1);
    upkeep.retention().pin(TENANT, "audit", first, null);
    Pin moved = upkeep.retention().pin(TENANT, "audit", newest(), clock.instant().plusSeconds(60));

    assertThat(upkeep.retention().pins(TENANT)).containsExactly(moved);
    assertThat(moved.snapshot()).isEqualTo(newest());
    assertThat(upkeep.retention().unpin(TENANT, "audit")).isTrue();
    assertThat(upkeep.retention().unpin(TENANT, "audit")).isFalse();
  }

  @Test
  void tableMayBeKeptShorterOrLongerThanOthers() {
    TableInfo shorter = table("shorter");
    TableInfo longer = table("longer");
    landFiles(shorter, 0, 1);
    landFiles(longer, 0, 1);
    SnapshotId early = newest();
    clock.advance(DAY.multipliedBy(3));
    land(shorter, 1, 2, 10);
    SnapshotId middle = newest();
    clock.advance(DAY.multipliedBy(3));
    land(shorter, 2, 3, 10);
    keep(DAY.multipliedBy(4), 1);
    upkeep.policies().set(shorter.id(), new UpkeepPolicy(null, null, null, DAY, null, null));
    upkeep
        .policies()
        .set(longer.id(), new UpkeepPolicy(null, null, null, DAY.multipliedBy(30), null, null));

    ExpiryPlan plan = expire();

    assertThat(plan.historyFrom()).isEqualTo(new SnapshotId(1));
    assertThat(plan.tables())
        .extracting(TableExpiry::name, TableExpiry::historyFrom)
        .contains(org.assertj.core.api.Assertions.tuple("shorter", middle));
    assertThat(filesAt(early, "longer")).hasSize(1);
    assertThatThrownBy(() -> filesAt(early, "shorter"))
        .isInstanceOf(SnapshotExpiredException.class);
    assertThat(filesAt(middle, "shorter")).hasSize(2);
    assertThatThrownBy(() -> upkeep.retention().pin(TENANT, "partly", early, null))
        .isInstanceOf(SnapshotExpiredException.class);
  }

  @Test
  void olderPlanUndoesNothing() {
    TableInfo table = table("flights");
    landFiles(table, 0, 5);
    keep(Duration.ZERO, 4);
    clock.advance(DAY);
    ExpiryPlan older = upkeep.retention().plan(TENANT);
    keep(Duration.ZERO, 1);
    expire();

    upkeep.retention().expire(older);

    assertThat(catalog.snapshots().list(TENANT, null, 10)).hasSize(1);
    keep(Duration.ofDays(100), 100);
    assertThat(expire().historyFrom()).isEqualTo(newest());
  }

  @Test
  void planListsWhatTheExpiryThenDoes() {
    TableInfo table = table("flights");
    landFiles(table, 0, 5);
    keep(Duration.ZERO, 2);
    SnapshotId newest = newest();
    clock.advance(DAY);

    ExpiryPlan plan = upkeep.retention().plan(TENANT);
    assertThat(catalog.snapshots().list(TENANT, null, 100)).hasSize((int) newest.value());
    upkeep.retention().expire(plan);

    assertThat(plan.snapshots()).isEqualTo(newest.value() - 2);
    assertThat(catalog.snapshots().list(TENANT, null, 100))
        .hasSize((int) (newest.value() - plan.snapshots()));
    assertThat(plan.tables())
        .containsExactly(
            new TableExpiry(
                table.id(), "flights", new SnapshotId(0), new SnapshotId(newest.value() - 1)));
  }

  @Test
  void receiptsAreToldThoughTheirSnapshotsHaveExpired() {
    TableInfo table = table("flights");
    landFiles(table, 0, 5);
    expireTo(1);

    forget();

    assertThat(catalog.watermarks().findLanded(SHARD, 1)).isPresent();
    clock.advance(DAY.multipliedBy(20));
    catalog.writes().expireKeys();
    forget();
    assertThatThrownBy(() -> catalog.watermarks().findLanded(SHARD, 1))
        .isInstanceOf(SegmentForgottenException.class);
    assertThatThrownBy(() -> catalog.snapshots().load(TENANT, new SnapshotId(2)))
        .isInstanceOf(SnapshotExpiredException.class);
    assertThatThrownBy(() -> catalog.snapshots().asOf(TENANT, Instant.EPOCH))
        .isInstanceOf(SnapshotExpiredException.class);
    assertThat(filesAt(newest(), "flights")).hasSize(5);
    assertThat(catalog.snapshots().changedIn(TENANT, newest(), "flights")).contains(newest());
  }

  @Test
  void policiesOfTablesComeBeforeTheirTenants() {
    TableInfo table = table("flights");
    table("events");
    keep(DAY, 3);
    upkeep.policies().set(table.id(), new UpkeepPolicy(false, 64L << 20, null, null, 5, null));

    TablePolicy own = upkeep.policies().effective(table.id());

    assertThat(own.compact()).isFalse();
    assertThat(own.targetFileBytes()).isEqualTo(64L << 20);
    assertThat(own.keepSnapshots()).isEqualTo(DAY);
    assertThat(own.keepAtLeast()).isEqualTo(5);
    assertThat(upkeep.policies().list(TENANT))
        .extracting(TablePolicy::keepAtLeast)
        .containsExactly(3, 5);
    assertThat(upkeep.policies().list(TENANT).getFirst().targetFileBytes())
        .isEqualTo(TablePolicy.DEFAULT_TARGET_BYTES);
  }
}

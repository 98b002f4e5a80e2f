package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The ledger of event keys. */
abstract class EventKeysContract extends CatalogContract {
  @Test
  void keysOfCommittedWritesHaveLanded() {
    TableInfo table = table("flights");
    List<KeyHash> landed = keys(1, 500);
    landKeys(table, 0, 1, landed);

    List<KeyHash> asked = List.of(landed.get(3), keys(2, 1).getFirst(), landed.get(499));

    assertThat(open().writes().findLanded(table.id(), asked))
        .containsExactlyInAnyOrder(landed.get(3), landed.get(499));
  }

  @Test
  void keysOfAWriteThatIsNotCommittedDoNotCount() {
    TableInfo table = table("flights");
    WriteId write = catalog.writes().begin(SHARD, 0, 1, "test");
    catalog.writes().recordKeys(write, table.id(), keys(1, 10));
    prepare(catalog, write, List.of(file(table, 10)), List.of());

    assertThat(catalog.writes().findLanded(table.id(), keys(1, 10))).isEmpty();
    catalog.writes().commit(write);
    assertThat(catalog.writes().findLanded(table.id(), keys(1, 10))).hasSize(10);
  }

  @Test
  void keysOfAnAbandonedWriteMayLandWithAnother() {
    TableInfo table = table("flights");
    WriteId abandoned = catalog.writes().begin(SHARD, 0, 1, "test");
    catalog.writes().recordKeys(abandoned, table.id(), keys(1, 10));
    catalog.writes().abandon(abandoned);

    landKeys(table, 0, 1, keys(1, 10));

    assertThat(catalog.writes().findLanded(table.id(), keys(1, 10))).hasSize(10);
  }

  @Test
  void keysBelongToTheirTable() {
    TenantId one = new TenantId("one");
    catalog.tenants().ensure(one, 1);
    TableInfo flights = catalog.tables().create(one, draft("flights"));
    TableInfo planes = catalog.tables().create(one, draft("planes"));
    landKeys(flights, 0, 1, keys(1, 10));

    assertThat(catalog.writes().findLanded(planes.id(), keys(1, 10))).isEmpty();
  }

  @Test
  void keysThatShareHalfTheirHashAreDifferent() {
    TableInfo table = table("flights");
    landKeys(table, 0, 1, List.of(new KeyHash(1, 2), new KeyHash(-1, Long.MIN_VALUE)));

    assertThat(
            catalog
                .writes()
                .findLanded(
                    table.id(),
                    List.of(
                        new KeyHash(1, 3),
                        new KeyHash(2, 2),
                        new KeyHash(2, 1),
                        new KeyHash(-1, Long.MIN_VALUE))))
        .containsExactly(new KeyHash(-1, Long.MIN_VALUE));
  }

  @Test
  void keyIsKnownToTheEndOfTheWindowHoweverLongItsCommitTookAndHoweverOftenDaysExpire() {
    TableInfo table =
        catalog
            .tables()
            .create(
                TENANT, draft("flights", TableSettings.DEFAULTS.withKeyWindow(Duration.ofDays(2))));
    WriteId write = catalog.writes().begin(SHARD, 0, 1, "test");
    catalog.writes().recordKeys(write, table.id(), keys(1, 10));
    prepare(catalog, write, List.of(file(table, 10)), List.of());
    clock.advance(Writes.LONGEST_WRITE);
    catalog.writes().commit(write);

    for (int hour = 0; hour < 48; hour++) {
      clock.advance(Duration.ofHours(1));
      catalog.writes().expireKeys();
      assertThat(catalog.writes().findLanded(table.id(), keys(1, 10)))
          .as("hour " + hour)
          .hasSize(10);
    }
    clock.advance(Duration.ofDays(2));
    catalog.writes().expireKeys();
    assertThat(catalog.writes().findLanded(table.id(), keys(1, 10))).isEmpty();
  }

  @Test
  void writeThatIsOlderThanADayCannotBeCommitted() {
    TableInfo table = table("flights");
    WriteId write = catalog.writes().begin(SHARD, 0, 1, "test");
    catalog.writes().recordKeys(write, table.id(), keys(1, 10));
    prepare(catalog, write, List.of(file(table, 10)), List.of());

    clock.advance(Writes.LONGEST_WRITE.plusMillis(1));

    assertThatThrownBy(() -> catalog.writes().commit(write))
        .isInstanceOf(CommitConflictException.class);
    landKeys(table, 0, 1, keys(1, 10));
    assertThat(catalog.writes().findLanded(table.id(), keys(1, 10))).hasSize(10);
  }

  @Test
  void keysOfADroppedTableAreNoneOfItsSuccessorsAndLastAsLongAsItsWindow() {
    TableInfo dropped = table("flights");
    landKeys(dropped, 0, 1, keys(1, 10));
    catalog.tables().drop(TENANT, "flights");
    TableInfo successor = table("flights");

    clock.advance(Duration.ofDays(7));
    catalog.writes().expireKeys();

    assertThat(catalog.writes().findLanded(successor.id(), keys(1, 10))).isEmpty();
    assertThat(catalog.writes().findLanded(dropped.id(), keys(1, 10))).hasSize(10);
  }

  @Test
  void keysAreRememberedThroughTheWindowAndForgottenAfterIt() {
    TableInfo table =
        catalog
            .tables()
            .create(
                TENANT, draft("flights", TableSettings.DEFAULTS.withKeyWindow(Duration.ofDays(2))));
    landKeys(table, 0, 1, keys(1, 10));

    clock.advance(Duration.ofDays(2));
    assertThat(catalog.writes().findLanded(table.id(), keys(1, 10))).hasSize(10);
    clock.advance(Duration.ofDays(2));
    assertThat(catalog.writes().findLanded(table.id(), keys(1, 10))).isEmpty();
  }

  @Test
  void keysOfSeveralDaysAreFound() {
    TableInfo table = table("flights");
    for (int day = 0; day < 4; day++) {
      landKeys(table, day, day + 1, keys(day, 10));
      clock.advance(Duration.ofDays(1));
    }

    for (int day = 0; day < 4; day++) {
      assertThat(catalog.writes().findLanded(table.id(), keys(day, 10))).hasSize(10);
    }
  }

  @Test
  void expiryKeepsADayWhileAnyTableNeedsIt() {
    TableInfo brief =
        catalog
            .tables()
            .create(
                TENANT, draft("brief", TableSettings.DEFAULTS.withKeyWindow(Duration.ofHours(1))));
    TableInfo table = table("flights");
    landKeys(brief, 0, 1, keys(1, 10));
    landKeys(table, 0, 1, keys(2, 10));

    clock.advance(Duration.ofDays(7));
    catalog.writes().expireKeys();
    catalog.writes().expireKeys();

    assertThat(catalog.writes().findLanded(table.id(), keys(2, 10))).hasSize(10);
    assertThat(catalog.writes().findLanded(brief.id(), keys(1, 10))).isEmpty();
  }

  @Test
  void landingGoesOnAfterExpiry() {
    TableInfo table = table("flights");
    landKeys(table, 0, 1, keys(1, 10));
    clock.advance(Duration.ofDays(30));
    catalog.writes().expireKeys();

    landKeys(table, 1, 2, keys(1, 10));

    assertThat(catalog.writes().findLanded(table.id(), keys(1, 10))).hasSize(10);
  }
}

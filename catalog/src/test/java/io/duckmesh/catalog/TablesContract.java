package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Creating, finding and dropping tables. */
abstract class TablesContract extends CatalogContract {
  @Test
  void createdTableIsFoundAsItWasAskedFor() {
    TableInfo created =
        catalog
            .tables()
            .create(TENANT, draft("flights", new TableSettings(Duration.ofHours(36), 2)));

    assertThat(created.schema())
        .isEqualTo(
            new TableSchema(
                1,
                List.of(
                    new ColumnDefinition(1, "id", "VARCHAR", true, null),
                    new ColumnDefinition(2, "amount", "DECIMAL(18,2)", false, "0.00"))));
    assertThat(created.settings()).isEqualTo(new TableSettings(Duration.ofHours(36), 2));
    assertThat(created.sortBy()).containsExactly("id");
    assertThat(created.createdIn()).isEqualTo(newest());
    assertThat(created.dropped()).isFalse();
    assertThat(catalog.tables().find(TENANT, "flights")).contains(created);
    assertThat(catalog.tables().find(created.id())).contains(created);
    assertThat(catalog.tables().list(TENANT)).containsExactly(created);
    assertThat(catalog.tables().findSchema(created.id(), 1)).contains(created.schema());
    assertThat(catalog.tables().findSchema(created.id(), 2)).isEmpty();
    assertThat(catalog.tables().counts(created.id()))
        .isEqualTo(new TableCounts(created.id(), 0, 0, 0));
  }

  @Test
  void creatingIsASnapshotOfItsOwn() {
    SnapshotId before = newest();

    table("flights");

    Snapshot snapshot = catalog.snapshots().newest(TENANT);
    assertThat(snapshot.id()).isGreaterThan(before);
    assertThat(snapshot.operation()).isEqualTo("create_table");
    assertThat(catalog.snapshots().tables(TENANT, before)).isEmpty();
  }

  @Test
  void nameOfALiveTableIsRefusedAndChangesNothing() {
    table("flights");
    SnapshotId before = newest();

    assertThatThrownBy(() -> table("flights"))
        .isInstanceOf(TableExistsException.class)
        .hasMessageContaining("flights");

    assertThat(newest()).isEqualTo(before);
  }

  @Test
  void nameOfALiveTableIsTakenInEveryCase() {
    table("Flights");
    SnapshotId before = newest();

    assertThatThrownBy(() -> table("fLIGHTS"))
        .isInstanceOfSatisfying(
            TableExistsException.class, e -> assertThat(e.existing()).isEqualTo("Flights"));

    assertThat(newest()).isEqualTo(before);
    catalog.tables().drop(TENANT, "Flights");
    assertThat(table("fLIGHTS").name()).isEqualTo("fLIGHTS");
  }

  @Test
  void tableIsFoundAndDroppedInEveryCaseOfItsName() {
    TableInfo created = table("Flights");
    SnapshotId live = newest();

    assertThat(catalog.tables().find(TENANT, "FLIGHTS")).contains(created);
    assertThat(catalog.snapshots().manifest(TENANT, live, "flights").table()).isEqualTo(created);
    assertThat(catalog.snapshots().changedIn(TENANT, live, "flighTS")).contains(live);
    assertThat(catalog.snapshots().newestTables(TENANT, Set.of("flights", "FLIGHTS")).changedIn())
        .isEqualTo(Map.of("flights", live, "FLIGHTS", live));
    catalog.tables().drop(TENANT, "flightS");
    assertThat(catalog.tables().find(TENANT, "Flights")).isEmpty();
  }

  @Test
  void tablesOfANameAreListedWithTheDroppedOnesNewestFirst() {
    TableInfo first = table("Flights");
    table("airlines");
    catalog.tables().drop(TENANT, "Flights");
    TableInfo second = table("flights");

    assertThat(catalog.tables().listNamed(TENANT, "FLIGHTS"))
        .extracting(TableInfo::id)
        .containsExactly(second.id(), first.id());
    assertThat(catalog.tables().listNamed(TENANT, "FLIGHTS").getLast().dropped()).isTrue();
    assertThat(catalog.tables().listNamed(TENANT, "ships")).isEmpty();
  }

  @Test
  void moreShardsThanTheTenantHasAreRefusedAndChangeNothing() {
    SnapshotId before = newest();

    assertThatThrownBy(
            () ->
                catalog
                    .tables()
                    .create(TENANT, draft("wide", TableSettings.DEFAULTS.withShards(4))))
        .isInstanceOfSatisfying(
            TooManyShardsException.class,
            e -> {
              assertThat(e.asked()).isEqualTo(4);
              assertThat(e.available()).isEqualTo(3);
            });

    assertThat(newest()).isEqualTo(before);
    assertThat(catalog.tables().find(TENANT, "wide")).isEmpty();
  }

  @Test
  void tenantsMayUseTheSameName() {
    TenantId acme = new TenantId("acme");
    catalog.tenants().ensure(acme, 1);
    TableInfo ours = table("flights");

    TableInfo theirs = catalog.tables().create(acme, draft("flights"));

    assertThat(theirs.id()).isNotEqualTo(ours.id());
    assertThat(catalog.tables().find(acme, "flights")).contains(theirs);
    assertThat(catalog.tables().list(TENANT)).containsExactly(ours);
  }

  @Test
  void tablesGoToTheShardsWithFewestLiveTables() {
    assertThat(table("a").shards()).containsExactly(new ShardId("default-0"));
    assertThat(table("b").shards()).containsExactly(new ShardId("default-1"));
    assertThat(table("c").shards()).containsExactly(new ShardId("default-2"));
    catalog.tables().drop(TENANT, "b");

    TableInfo wide =
        catalog.tables().create(TENANT, draft("d", TableSettings.DEFAULTS.withShards(2)));

    assertThat(wide.shards()).containsExactly(new ShardId("default-0"), new ShardId("default-1"));
  }

  @Test
  void columnsOfTheSameNameAreRefused() {
    ColumnDefinition column = new ColumnDefinition(1, "id", "VARCHAR", true, null);
    TableDraft draft =
        new TableDraft(
            "twice", List.of(column, column), List.of(), List.of(), TableSettings.DEFAULTS);

    assertThatThrownBy(() -> catalog.tables().create(TENANT, draft))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void droppedTableIsGoneButKeepsItsIdentity() {
    TableInfo created = table("flights");

    Snapshot drop = catalog.tables().drop(TENANT, "flights");

    assertThat(drop.operation()).isEqualTo("drop_table");
    assertThat(catalog.tables().find(TENANT, "flights")).isEmpty();
    assertThat(catalog.tables().list(TENANT)).isEmpty();
    assertThat(catalog.tables().find(created.id()))
        .hasValueSatisfying(table -> assertThat(table.droppedIn()).isEqualTo(drop.id()));
    assertThat(catalog.tables().findSchema(created.id(), 1)).contains(created.schema());
    assertThat(table("flights").id()).isNotEqualTo(created.id());
  }

  @Test
  void droppingWhatIsNotThereChangesNothing() {
    SnapshotId before = newest();

    assertThatThrownBy(() -> catalog.tables().drop(TENANT, "flights"))
        .isInstanceOf(TableNotFoundException.class)
        .hasMessageContaining("flights");

    assertThat(newest()).isEqualTo(before);
  }

  @Test
  void nameWithAZeroCharacterIsOfNoTable() {
    table("flights");

    assertThat(catalog.tables().find(TENANT, "flights\0")).isEmpty();
    assertThat(catalog.tables().listNamed(TENANT, "flights\0")).isEmpty();
    assertThatThrownBy(() -> catalog.tables().drop(TENANT, "flights\0"))
        .isInstanceOf(TableNotFoundException.class);
  }

  @Test
  void unknownTableIsNotFound() {
    assertThat(catalog.tables().find(new TableId(new UUID(0, 1)))).isEmpty();
    assertThat(catalog.tables().findSchema(new TableId(new UUID(0, 1)), 1)).isEmpty();
  }
}

package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.upkeep.DroppedTable;
import io.duckmesh.catalog.upkeep.LiveFile;
import io.duckmesh.catalog.upkeep.RestorePlan;
import io.duckmesh.catalog.upkeep.Restored;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Going back. */
class PostgresRestoresTest extends UpkeepTestBase {
  @Test
  void restoredTableHasTheFilesOfThenAndOtherSnapshotsAreAsTheyWere() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);
    SnapshotId then = newest();
    compact(table, files.subList(0, 2));
    landFiles(table, 3, 2);
    SnapshotId before = newest();
    List<DataFile> filesBefore = filesAt(before, "flights");
    RestorePlan plan = upkeep.restores().plan(TENANT, "FLIGHTS", then);

    Restored restored = upkeep.restores().restore(TENANT, "FLIGHTS", then);

    assertThat(restored.plan()).isEqualTo(plan);
    assertThat(plan).isEqualTo(new RestorePlan(table.id(), "flights", then, 50, 30, 3, 2));
    assertThat(restored.snapshot()).isEqualTo(catalog.snapshots().newest(TENANT));
    assertThat(filesAt(newest(), "flights")).containsExactlyInAnyOrderElementsOf(files);
    assertThat(filesAt(then, "flights")).isEqualTo(files);
    assertThat(filesAt(before, "flights")).isEqualTo(filesBefore);
    FileRows rows = catalog.accounts().fileRows(TENANT).getFirst();
    assertThat(rows).isEqualTo(new FileRows(table.id(), "flights", 50, -20, 30));
  }

  @Test
  void restoreCanBeRestoredFromAgainAndAgain() {
    TableInfo table = table("flights");
    List<SnapshotId> states = new ArrayList<>();
    List<Set<String>> keys = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      landFiles(table, i, 1);
      states.add(newest());
      keys.add(Set.copyOf(keysOf(filesAt(newest(), "flights"))));
    }
    compact(table, filesAt(newest(), "flights"));
    states.add(newest());
    keys.add(Set.copyOf(keysOf(filesAt(newest(), "flights"))));

    for (int i : new int[] {1, 4, 0, 3, 3, 2, 4, 1}) {
      upkeep.restores().restore(TENANT, "flights", states.get(i));
      assertThat(keysOf(filesAt(newest(), "flights")))
          .containsExactlyInAnyOrderElementsOf(keys.get(i));
      states.add(newest());
      keys.add(keys.get(i));
    }

    for (int i = 0; i < states.size(); i++) {
      assertThat(keysOf(filesAt(states.get(i), "flights")))
          .containsExactlyInAnyOrderElementsOf(keys.get(i));
    }
    FileRows rows = catalog.accounts().fileRows(TENANT).getFirst();
    assertThat(rows.fileRows()).isEqualTo(20).isEqualTo(rows.expected());
  }

  @Test
  void restoredFilesStandInTheirOldPlaces() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    SnapshotId then = newest();
    List<LiveFile> before = upkeep.rewrites().liveFiles(table.id(), null, 10);
    compact(table, files);
    upkeep.restores().restore(TENANT, "flights", then);

    assertThat(upkeep.rewrites().liveFiles(table.id(), null, 10)).isEqualTo(before);
  }

  @Test
  void changesMakeTheManifestAfterARestoreFromTheOneBefore() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);
    SnapshotId then = newest();
    compact(table, files.subList(0, 2));
    SnapshotId between = newest();
    upkeep.restores().restore(TENANT, "flights", then);

    for (SnapshotId after : List.of(then, between)) {
      ManifestChange change = catalog.snapshots().changesSince(TENANT, after, newest(), "flights");
      List<DataFile> made = new ArrayList<>(filesAt(after, "flights"));
      made.removeIf(file -> change.removed().contains(file.objectKey()));
      made.addAll(change.added());
      assertThat(made).isEqualTo(filesAt(newest(), "flights"));
    }
  }

  @Test
  void restoreToNowChangesNoFile() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);

    Restored restored = upkeep.restores().restore(TENANT, "flights", newest());

    assertThat(restored.plan().filesBegun()).isZero();
    assertThat(restored.plan().filesEnded()).isZero();
    assertThat(filesAt(newest(), "flights")).isEqualTo(files);
  }

  @Test
  void tableLandsAndIsCompactedAfterARestoreAsBefore() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);
    SnapshotId then = newest();
    compact(table, files);
    upkeep.restores().restore(TENANT, "flights", then);
    landFiles(table, 3, 1);

    compact(table, filesAt(newest(), "flights"));

    assertThat(filesAt(newest(), "flights")).extracting(DataFile::rowCount).containsExactly(40L);
    assertThat(catalog.verifications().files(TENANT, newest(), null, 100))
        .extracting(StoredFile::objectKey)
        .doesNotHaveDuplicates();
  }

  @Test
  void restoreToWhatDoesNotExistIsRefusedAndLeavesNothing() {
    TableInfo table = table("flights");
    SnapshotId empty = new SnapshotId(table.createdIn().value() - 1);
    landFiles(table, 0, 4);
    SnapshotId newest = newest();

    assertThatThrownBy(() -> upkeep.restores().restore(TENANT, "never", newest))
        .isInstanceOf(TableNotFoundException.class);
    assertThatThrownBy(() -> upkeep.restores().restore(TENANT, "flights", empty))
        .isInstanceOf(TableNotFoundException.class);
    assertThatThrownBy(
            () -> upkeep.restores().restore(TENANT, "flights", new SnapshotId(newest.value() + 1)))
        .isInstanceOf(SnapshotNotFoundException.class);
    expireTo(2);
    assertThatThrownBy(
            () -> upkeep.restores().restore(TENANT, "flights", new SnapshotId(newest.value() - 2)))
        .isInstanceOf(SnapshotExpiredException.class);
    assertThat(newest()).isEqualTo(newest);
  }

  @Test
  void restoreToATableOfTheSameNameThatIsGoneIsRefused() {
    TableInfo old = table("flights");
    landFiles(old, 0, 1);
    SnapshotId then = newest();
    catalog.tables().drop(TENANT, "flights");
    table("flights");

    assertThatThrownBy(() -> upkeep.restores().restore(TENANT, "flights", then))
        .isInstanceOf(TableNotFoundException.class);
  }

  @Test
  void undroppedTableIsAsItWasAndWasAwayInBetween() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);
    SnapshotId before = newest();
    Snapshot drop = catalog.tables().drop(TENANT, "flights");
    assertThat(upkeep.restores().dropped(TENANT))
        .containsExactly(new DroppedTable(table.id(), "flights", drop.id(), drop.committedAt()));

    Snapshot undrop = upkeep.restores().undrop(TENANT, "Flights");

    assertThat(undrop).isEqualTo(catalog.snapshots().newest(TENANT));
    assertThat(undrop.operation()).isEqualTo("undrop_table");
    assertThat(catalog.tables().find(TENANT, "flights")).contains(table);
    assertThat(filesAt(undrop.id(), "flights")).isEqualTo(files);
    assertThat(filesAt(before, "flights")).isEqualTo(files);
    assertThat(catalog.snapshots().changedIn(TENANT, drop.id(), "flights")).isEmpty();
    assertThat(catalog.snapshots().tables(TENANT, drop.id())).isEmpty();
    assertThatThrownBy(() -> filesAt(drop.id(), "flights"))
        .isInstanceOf(TableNotFoundException.class);
    assertThat(upkeep.restores().dropped(TENANT)).isEmpty();
    landFiles(table, 3, 1);
    assertThat(filesAt(newest(), "flights")).hasSize(4);
  }

  @Test
  void undropNeedsAFreeNameAndATableThatWasDropped() {
    TableInfo table = table("flights");
    catalog.tables().drop(TENANT, "flights");
    table("FLIGHTS");

    assertThatThrownBy(() -> upkeep.restores().undrop(TENANT, "flights"))
        .isInstanceOf(TableExistsException.class);
    assertThatThrownBy(() -> upkeep.restores().undrop(TENANT, "never"))
        .isInstanceOf(TableNotFoundException.class);
    catalog.tables().drop(TENANT, "flights");
    upkeep.restores().undrop(TENANT, "flights");
    assertThat(catalog.tables().find(TENANT, "flights").orElseThrow().id())
        .isNotEqualTo(table.id());
  }

  @Test
  void droppedTableThatHasExpiredIsGone() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);
    catalog.tables().drop(TENANT, "flights");
    expireTo(1);

    assertThat(upkeep.restores().dropped(TENANT)).isEmpty();
    assertThatThrownBy(() -> upkeep.restores().undrop(TENANT, "flights"))
        .isInstanceOf(SnapshotExpiredException.class);
    assertThat(collect()).containsExactlyInAnyOrderElementsOf(keysOf(files));
  }

  @Test
  void tableIsDroppedAndGivenBackManyTimes() {
    TableInfo table = table("flights");
    landFiles(table, 0, 1);
    List<SnapshotId> with = new ArrayList<>();
    List<SnapshotId> without = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      with.add(newest());
      catalog.tables().drop(TENANT, "flights");
      without.add(newest());
      upkeep.restores().undrop(TENANT, "flights");
    }

    assertThat(with).allMatch(id -> filesAt(id, "flights").size() == 1);
    assertThat(without)
        .allMatch(id -> catalog.snapshots().changedIn(TENANT, id, "flights").isEmpty());
  }
}

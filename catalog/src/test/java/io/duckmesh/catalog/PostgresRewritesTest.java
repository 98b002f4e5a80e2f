package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.compaction.CompactionOptions;
import io.duckmesh.catalog.compaction.CompactionPlan;
import io.duckmesh.catalog.compaction.CompactionPlanner;
import io.duckmesh.catalog.upkeep.AgedFile;
import io.duckmesh.catalog.upkeep.DueTable;
import io.duckmesh.catalog.upkeep.LiveFile;
import io.duckmesh.catalog.upkeep.Place;
import io.duckmesh.catalog.upkeep.Rewrite;
import io.duckmesh.catalog.upkeep.RewriteCommit;
import io.duckmesh.catalog.upkeep.RewriteDraft;
import io.duckmesh.catalog.upkeep.RewriteId;
import io.duckmesh.catalog.upkeep.RewriteKind;
import io.duckmesh.catalog.upkeep.Rewrites;
import io.duckmesh.catalog.upkeep.TableFiles;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Files that take the place of others. */
class PostgresRewritesTest extends UpkeepTestBase {
  @Test
  void publishedFileTakesThePlaceOfOthersInANewSnapshotOnly() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    SnapshotId before = newest();

    RewriteCommit commit = compact(table, files.subList(1, 3));

    assertThat(filesAt(before, "flights")).isEqualTo(files);
    List<DataFile> after = filesAt(newest(), "flights");
    assertThat(after).hasSize(3).contains(files.get(0), files.get(3));
    assertThat(commit.snapshot()).isEqualTo(catalog.snapshots().newest(TENANT));
    assertThat(commit.snapshot().operation()).isEqualTo("compact");
    assertThat(commit.filesIn()).isEqualTo(2);
    assertThat(commit.rowsIn()).isEqualTo(20);
    assertThat(commit.rowsOut()).isEqualTo(20);
    assertThat(after.stream().mapToLong(DataFile::rowCount).sum()).isEqualTo(40);
    assertThat(catalog.accounts().fileRows(TENANT))
        .containsExactly(new FileRows(table.id(), "flights", 40, 0, 40));
  }

  @Test
  void mergedFileStandsInThePlaceOfTheFirstOfThem() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    List<LiveFile> before = upkeep.rewrites().liveFiles(table.id(), null, 10);

    compact(table, files.subList(1, 3));

    List<LiveFile> after = upkeep.rewrites().liveFiles(table.id(), null, 10);
    assertThat(before).extracting(LiveFile::objectKey).containsExactlyElementsOf(keysOf(files));
    assertThat(after)
        .extracting(LiveFile::place)
        .containsExactly(before.get(0).place(), before.get(1).place(), before.get(3).place());
    assertThat(after).extracting(LiveFile::rewrites).containsExactly(0, 1, 0);
    assertThat(after).extracting(LiveFile::rowCount).containsExactly(10L, 20L, 10L);
  }

  @Test
  void changesMakeTheManifestAfterACompactionFromTheOneBefore() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    SnapshotId before = newest();
    compact(table, files.subList(0, 2));
    landFiles(table, 4, 1);

    ManifestChange change = catalog.snapshots().changesSince(TENANT, before, newest(), "flights");

    assertThat(change.removed()).isEqualTo(java.util.Set.copyOf(keysOf(files.subList(0, 2))));
    assertThat(
            Stream.concat(
                files.stream().filter(file -> !change.removed().contains(file.objectKey())),
                change.added().stream()))
        .containsExactlyElementsOf(filesAt(newest(), "flights"));
  }

  @Test
  void pagesOfFilesTogetherAreAllOfThem() {
    TableInfo table = table("flights");
    landFiles(table, 0, 7);

    List<LiveFile> first = upkeep.rewrites().liveFiles(table.id(), null, 3);
    List<LiveFile> second = upkeep.rewrites().liveFiles(table.id(), first.getLast().place(), 3);
    List<LiveFile> third = upkeep.rewrites().liveFiles(table.id(), second.getLast().place(), 3);

    assertThat(third).hasSize(1);
    assertThat(Stream.of(first, second, third).flatMap(List::stream))
        .isEqualTo(upkeep.rewrites().liveFiles(table.id(), null, 100));
  }

  @Test
  void agedFilesTellWhatTheyHaveOfAColumn() {
    TableInfo table = table("flights");
    landFiles(table, 0, 2);

    List<AgedFile> files = upkeep.rewrites().agedFiles(table.id(), 1, null, 10);
    List<AgedFile> without = upkeep.rewrites().agedFiles(table.id(), 9, null, 10);

    assertThat(files)
        .extracting(AgedFile::statistics)
        .containsOnly(new ColumnStatistics(1, 0, "a", "z'\"\\,{}é"));
    assertThat(without).hasSize(2).extracting(AgedFile::statistics).containsOnlyNulls();
  }

  @Test
  void publishingAgainAnswersWithTheSameCommit() {
    TableInfo table = table("flights");
    RewriteId id = prepared(table, landFiles(table, 0, 2));
    RewriteCommit first = upkeep.rewrites().publish(id);
    landFiles(table, 2, 1);

    assertThat(upkeep.rewrites().publish(id)).isEqualTo(first);
    assertThat(filesAt(newest(), "flights")).hasSize(2);
    assertThat(upkeep.rewrites().load(id).state()).isEqualTo(Rewrite.State.PUBLISHED);
  }

  @Test
  void rewriteOfAFileThatLivesNoMoreIsAConflict() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);
    RewriteId trim = begin(table, RewriteKind.TRIM, files.subList(1, 3));
    compact(table, files.subList(0, 2));
    SnapshotId before = newest();
    prepare(trim, null);

    assertThatThrownBy(() -> upkeep.rewrites().publish(trim))
        .isInstanceOf(CommitConflictException.class)
        .hasMessageContaining("lives no more");
    assertThat(newest()).isEqualTo(before);
    assertThat(upkeep.rewrites().load(trim).state()).isEqualTo(Rewrite.State.OVER);
    assertThat(filesAt(newest(), "flights")).hasSize(2);
  }

  @Test
  void rewriteIsOverFromTheStartIfAFileDoesNotLive() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);
    compact(table, files.subList(0, 2));

    RewriteId id = begin(table, files.subList(1, 3));

    assertThat(upkeep.rewrites().load(id).state()).isEqualTo(Rewrite.State.OVER);
    assertThatThrownBy(() -> upkeep.rewrites().registerPending(id, "data/x"))
        .isInstanceOf(CommitConflictException.class);
  }

  @Test
  void beginningAgainGivesUpWhatWasBegunBefore() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    RewriteId planned = begin(table, files.subList(0, 2));
    RewriteId zombie = prepared(table, files.subList(0, 2));
    RewriteId trim = begin(table, RewriteKind.TRIM, files.subList(2, 4));

    RewriteCommit commit = compact(table, files.subList(0, 2));

    assertThat(upkeep.rewrites().load(planned).state()).isEqualTo(Rewrite.State.OVER);
    assertThatThrownBy(() -> upkeep.rewrites().publish(zombie))
        .isInstanceOf(CommitConflictException.class);
    assertThat(upkeep.rewrites().load(trim).state()).isEqualTo(Rewrite.State.PLANNED);
    assertThat(newest()).isEqualTo(commit.snapshot().id());
  }

  @Test
  void loadTellsTheInputsInOrderOfPlace() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);

    Rewrite rewrite = upkeep.rewrites().load(begin(table, files));

    assertThat(rewrite.inputs()).isEqualTo(files);
    assertThat(rewrite.inputCount()).isEqualTo(3);
    assertThat(rewrite.inputRows()).isEqualTo(30);
    assertThat(rewrite.tenant()).isEqualTo(TENANT);
    assertThat(rewrite.table()).isEqualTo(table.id());
    assertThat(rewrite.kind()).isEqualTo(RewriteKind.COMPACT);
    assertThat(rewrite.begunAt()).isEqualTo(clock.instant());
  }

  @Test
  void compactionThatLosesOrDoublesARowIsRefused() {
    TableInfo table = table("flights");
    RewriteId id = begin(table, landFiles(table, 0, 2));
    DataFile less = file(table, 19);
    DataFile more = file(table, 21);
    upkeep.rewrites().registerPending(id, less.objectKey());
    upkeep.rewrites().registerPending(id, more.objectKey());

    assertThatThrownBy(() -> upkeep.rewrites().prepare(id, less))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("19");
    assertThatThrownBy(() -> upkeep.rewrites().prepare(id, more))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> upkeep.rewrites().prepare(id, null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> upkeep.rewrites().publish(id))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("not prepared");
  }

  @Test
  void secondAttemptToPrepareIsTold() {
    TableInfo table = table("flights");
    RewriteId id = prepared(table, landFiles(table, 0, 2));

    assertThatThrownBy(() -> upkeep.rewrites().prepare(id, file(table, 20)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is prepared");
    assertThatThrownBy(() -> upkeep.rewrites().registerPending(id, "data/late"))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void fileThatWasNotRegisteredIsRefusedAndTheRewriteGoesOn() {
    TableInfo table = table("flights");
    RewriteId id = begin(table, landFiles(table, 0, 2));

    assertThatThrownBy(() -> upkeep.rewrites().prepare(id, file(table, 20)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not registered");
    prepare(id, file(table, 20));

    assertThat(upkeep.rewrites().publish(id).rowsOut()).isEqualTo(20);
  }

  @Test
  void objectKeyThatIsTakenIsRefused() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 2);
    RewriteId id = begin(table, files);

    assertThatThrownBy(() -> upkeep.rewrites().registerPending(id, files.getFirst().objectKey()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is taken");
  }

  @Test
  void trimMayLeaveRowsOutAndTheAccountStillBalances() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 3);
    RewriteId some = begin(table, RewriteKind.TRIM, files.subList(0, 1));
    prepare(some, file(table, 4));
    upkeep.rewrites().publish(some);
    RewriteId all = begin(table, RewriteKind.TRIM, files.subList(1, 2));
    prepare(all, null);

    RewriteCommit commit = upkeep.rewrites().publish(all);

    assertThat(commit.filesOut()).isZero();
    assertThat(commit.snapshot().operation()).isEqualTo("trim");
    assertThat(filesAt(newest(), "flights"))
        .extracting(DataFile::rowCount)
        .containsExactlyInAnyOrder(4L, 10L);
    FileRows rows = catalog.accounts().fileRows(TENANT).getFirst();
    assertThat(rows).isEqualTo(new FileRows(table.id(), "flights", 30, -16, 14));
    assertThat(rows.expected()).isEqualTo(rows.fileRows());
    assertThat(upkeep.rewrites().liveFiles(table.id(), null, 10))
        .extracting(LiveFile::rewrites)
        .containsOnly(0);
  }

  @Test
  void droppedTableIsAConflictAndWhatWasBegunGoesOnAfterUndrop() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    RewriteId dropped = prepared(table, files.subList(0, 2));
    RewriteId kept = begin(table, RewriteKind.TRIM, files.subList(2, 4));
    prepare(kept, file(table, 20));
    catalog.tables().drop(TENANT, "flights");

    assertThatThrownBy(() -> upkeep.rewrites().publish(dropped))
        .isInstanceOf(CommitConflictException.class)
        .hasMessageContaining("dropped");
    upkeep.restores().undrop(TENANT, "flights");
    upkeep.rewrites().publish(kept);

    assertThat(filesAt(newest(), "flights")).hasSize(3);
  }

  @Test
  void rewriteThatIsTooOldIsAConflict() {
    TableInfo table = table("flights");
    RewriteId id = prepared(table, landFiles(table, 0, 2));
    clock.advance(Rewrites.LONGEST_REWRITE.plus(Duration.ofSeconds(1)));

    assertThatThrownBy(() -> upkeep.rewrites().publish(id))
        .isInstanceOf(CommitConflictException.class);
  }

  @Test
  void abandonedRewriteIsOverUnlessItWasPublished() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 2);
    RewriteId id = prepared(table, files);
    upkeep.rewrites().abandon(id);
    RewriteId other = prepared(table, files);
    upkeep.rewrites().publish(other);
    upkeep.rewrites().abandon(other);

    assertThat(upkeep.rewrites().load(id).state()).isEqualTo(Rewrite.State.OVER);
    assertThat(upkeep.rewrites().load(other).state()).isEqualTo(Rewrite.State.PUBLISHED);
    assertThatThrownBy(() -> upkeep.rewrites().load(new RewriteId(1_000_000)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tableIsDueUntilNothingIsLeftAndAgainWhenItChanges() {
    TableInfo table = table("flights");
    table("empty");
    landFiles(table, 0, 1);
    DueTable due = upkeep.rewrites().due(TENANT).getFirst();
    landFiles(table, 1, 1);
    upkeep.rewrites().nothingLeft(table.id(), due.changedIn());

    assertThat(upkeep.rewrites().due(TENANT))
        .containsExactly(new DueTable(table.id(), "flights", newest()));
    upkeep.rewrites().nothingLeft(table.id(), newest());
    assertThat(upkeep.rewrites().due(TENANT)).isEmpty();
    landFiles(table, 2, 1);
    assertThat(upkeep.rewrites().due(TENANT)).hasSize(1);
  }

  @Test
  void countsTellHowManyFilesWait() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 5);
    compact(table, files.subList(0, 3));

    assertThat(upkeep.rewrites().count(TENANT))
        .containsExactly(new TableFiles(table.id(), "flights", 3, 3, 50, 50 * 20, 3, 1, 30));
  }

  @Test
  void planIsCarriedOutUntilNothingIsLeft() {
    TableInfo table = table("flights");
    landFiles(table, 0, 40);
    CompactionPlanner planner = new CompactionPlanner(CompactionOptions.DEFAULTS);
    CompactionPlan plan = planner.plan(upkeep.rewrites(), table.id(), 16);

    while (!plan.groups().isEmpty()) {
      List<RewriteDraft> drafts = plan.groups().stream().map(group -> group.draft()).toList();
      List<RewriteId> ids = upkeep.rewrites().begin("run", table.id(), drafts);
      for (RewriteId id : ids) {
        prepare(id, file(table, upkeep.rewrites().load(id).inputRows()));
        upkeep.rewrites().publish(id);
      }
      plan = planner.plan(upkeep.rewrites(), table.id(), 16);
    }

    assertThat(plan.complete()).isTrue();
    assertThat(filesAt(newest(), "flights")).extracting(DataFile::rowCount).containsExactly(400L);
  }

  @Test
  void limitsAreKept() {
    TableInfo table = table("flights");
    List<String> many =
        Stream.iterate(0, i -> i + 1).limit(Rewrites.MOST_INPUTS + 1).map(i -> "k" + i).toList();

    assertThatThrownBy(
            () ->
                upkeep
                    .rewrites()
                    .begin(
                        "run",
                        table.id(),
                        List.of(new RewriteDraft(RewriteKind.COMPACT, many, false))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(upkeep.rewrites().liveFiles(table.id(), new Place(5, "x"), 10)).isEmpty();
  }
}

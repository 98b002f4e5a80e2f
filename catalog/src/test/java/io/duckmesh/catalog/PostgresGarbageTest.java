package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.upkeep.Garbage;
import io.duckmesh.catalog.upkeep.GarbageObject;
import io.duckmesh.catalog.upkeep.Marked;
import io.duckmesh.catalog.upkeep.RewriteId;
import io.duckmesh.catalog.upkeep.Rewrites;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Objects that nothing refers to. */
class PostgresGarbageTest extends UpkeepTestBase {
  private List<String> marked() {
    return upkeep.garbage().list(null, 100).stream().map(GarbageObject::objectKey).toList();
  }

  @Test
  void filesOfExpiredSnapshotsAreDeletedAfterTheGraceTime() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    compact(table, files.subList(0, 3));
    expireTo(1);

    Marked marked = upkeep.garbage().mark(TENANT, GRACE, 100);

    assertThat(marked).isEqualTo(new Marked(3, 3 * 200, 3, true));
    assertThat(upkeep.garbage().due(10)).isEmpty();
    clock.advance(GRACE.minusMillis(1));
    assertThat(upkeep.garbage().due(10)).isEmpty();
    clock.advance(Duration.ofMillis(1));
    assertThat(sweep()).containsExactlyInAnyOrderElementsOf(keysOf(files.subList(0, 3)));
    assertThat(marked()).isEmpty();
    assertThat(filesAt(newest(), "flights")).hasSize(2).contains(files.get(3));
  }

  @Test
  void fileThatAReadableSnapshotHasIsNotMarked() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    compact(table, files.subList(0, 2));
    compact(table, files.subList(2, 4));
    expireTo(2);

    mark();

    // The first of the two compactions is in all that can be read, the second not in the older one.
    assertThat(marked()).containsExactlyInAnyOrderElementsOf(keysOf(files.subList(0, 2)));
    assertThat(filesAt(new SnapshotId(newest().value() - 1), "flights"))
        .hasSize(3)
        .containsAll(files.subList(2, 4));
  }

  @Test
  void whatWouldBeMarkedIsWhatIsMarked() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 6);
    SnapshotId then = newest();
    compact(table, files.subList(0, 3));
    upkeep.restores().restore(TENANT, "flights", then);
    compact(table, files.subList(1, 4));
    RewriteId dead = begin(table, files.subList(4, 6));
    upkeep.rewrites().registerPending(dead, "data/dead");
    upkeep.rewrites().abandon(dead);
    expireTo(1);

    List<String> would =
        upkeep.garbage().unmarked(TENANT, null, 100).stream()
            .map(GarbageObject::objectKey)
            .toList();
    mark();

    assertThat(would).hasSize(5).isEqualTo(marked()).contains("data/dead");
    assertThat(upkeep.garbage().unmarked(TENANT, null, 100)).isEmpty();
  }

  @Test
  void pagesOfMarkingTogetherMarkAll() {
    TableInfo table = table("flights");
    compact(table, landFiles(table, 0, 7));
    expireTo(1);

    Marked first = upkeep.garbage().mark(TENANT, GRACE, 3);
    Marked second = upkeep.garbage().mark(TENANT, GRACE, 3);
    Marked third = upkeep.garbage().mark(TENANT, GRACE, 3);

    assertThat(Stream.of(first, second, third).map(Marked::files)).containsExactly(3L, 3L, 1L);
    assertThat(Stream.of(first, second, third).map(Marked::done))
        .containsExactly(false, false, true);
    assertThat(upkeep.garbage().list(null, 4))
        .extracting(GarbageObject::objectKey)
        .isEqualTo(marked().subList(0, 4));
    assertThat(upkeep.garbage().list(marked().get(3), 100)).hasSize(3);
  }

  @Test
  void objectThatWasRestoredStaysThoughItsFirstSpanIsGone() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 2);
    SnapshotId then = newest();
    DataFile merged = filesAt(compact(table, files).snapshot().id(), "flights").getFirst();
    upkeep.restores().restore(TENANT, "flights", then);
    expireTo(1);

    Marked marked = upkeep.garbage().mark(TENANT, GRACE, 100);

    assertThat(marked.files()).isEqualTo(1);
    assertThat(marked.spans()).isEqualTo(3);
    assertThat(marked()).containsExactly(merged.objectKey());
    assertThat(filesAt(newest(), "flights")).containsExactlyInAnyOrderElementsOf(files);
    compact(table, files);
    expireTo(1);
    mark();
    assertThat(marked()).hasSize(3).containsAll(keysOf(files));
  }

  @Test
  void readerOfAForgottenSpanHoldsTheObjectWhenItsOtherSpanDies() {
    TableInfo table = table("flights");
    SnapshotId empty = newest();
    List<DataFile> files = landFiles(table, 0, 1);
    SnapshotId landed = newest();
    upkeep.retention().pin(TENANT, "landed", landed, null);
    upkeep.restores().restore(TENANT, "flights", empty);
    SnapshotId again = upkeep.restores().restore(TENANT, "flights", landed).snapshot().id();
    upkeep.restores().restore(TENANT, "flights", empty);
    expireTo(1);
    mark();
    assertThat(marked()).isEmpty();

    upkeep.retention().unpin(TENANT, "landed");
    expireTo(1);
    upkeep.readers().hold("gateway-1", TENANT, Set.of(again), Duration.ofHours(3));

    assertThat(collect()).isEmpty();
    upkeep.readers().release("gateway-1");
    assertThat(sweep()).containsExactlyElementsOf(keysOf(files));
  }

  @Test
  void pendingFileIsMarkedOnlyWhenItsWriteCanNotCommit() {
    TableInfo table = table("flights");
    WriteId open = catalog.writes().begin(SHARD, 0, 1, "test");
    catalog.writes().registerPending(open, table.id(), List.of("data/open"));
    WriteId over = catalog.writes().begin(SHARD, 0, 1, "test");
    catalog.writes().registerPending(over, table.id(), List.of("data/over"));
    catalog.writes().abandon(over);
    WriteId prepared = prepared(catalog, table, 0, 1, 10);

    mark();
    assertThat(marked()).containsExactly("data/over");
    catalog.writes().commit(prepared);
    mark();
    assertThat(marked()).containsExactly("data/over");
    clock.advance(Writes.LONGEST_WRITE.plus(Duration.ofMinutes(61)));
    mark();

    assertThat(marked()).containsExactly("data/open", "data/over");
    assertThat(filesAt(newest(), "flights")).hasSize(1);
    assertThatThrownBy(
            () -> catalog.writes().registerPending(open, table.id(), List.of("data/late")))
        .isInstanceOf(CommitConflictException.class);
  }

  @Test
  void pendingFileOfARewriteIsMarkedOnlyWhenItCanNotBePublished() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    RewriteId id = begin(table, files.subList(0, 2));
    upkeep.rewrites().registerPending(id, "data/first-attempt");
    DataFile output = file(table, 20);
    prepare(id, output);

    mark();
    assertThat(marked()).isEmpty();
    upkeep.rewrites().publish(id);
    mark();
    assertThat(marked()).containsExactly("data/first-attempt");
    RewriteId old = prepared(table, files.subList(2, 4));
    clock.advance(Rewrites.LONGEST_REWRITE.plus(Duration.ofMinutes(61)));
    mark();

    assertThat(marked()).hasSize(2);
    assertThatThrownBy(() -> upkeep.rewrites().publish(old))
        .isInstanceOf(CommitConflictException.class);
    assertThat(filesAt(newest(), "flights")).contains(output).hasSize(3);
  }

  @Test
  void whatWasNeverPublishedIsDeletedTwice() {
    TableInfo table = table("flights");
    WriteId over = catalog.writes().begin(table.shards().getFirst(), 0, 1, "test");
    catalog.writes().registerPending(over, table.id(), List.of("data/over"));
    catalog.writes().abandon(over);

    assertThat(collect()).containsExactly("data/over");
    upkeep.garbage().deleted(List.of("data/over"));
    assertThat(marked()).containsExactly("data/over");
    clock.advance(Garbage.SECOND_DELETION);
    assertThat(sweep()).containsExactly("data/over");
    assertThat(marked()).isEmpty();
  }

  @Test
  void failedDeletionIsTriedAgainLaterWithItsReason() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 2);
    compact(table, files);
    expireTo(1);
    mark();
    clock.advance(GRACE);
    String stuck = files.getFirst().objectKey();
    assertThat(upkeep.garbage().due(TENANT, null, 10)).hasSize(2);
    assertThat(upkeep.garbage().due(TENANT, stuck, 10))
        .extracting(GarbageObject::objectKey)
        .doesNotContain(stuck);
    assertThat(upkeep.garbage().due(new TenantId("acme"), null, 10)).isEmpty();

    upkeep.garbage().failed(List.of(stuck), "AccessDenied");

    assertThat(sweep()).containsExactly(files.get(1).objectKey());
    GarbageObject object = upkeep.garbage().list(null, 10).getFirst();
    assertThat(object.failures()).isEqualTo(1);
    assertThat(object.failure()).isEqualTo("AccessDenied");
    assertThat(upkeep.garbage().counts().failing()).isEqualTo(1);
    assertThat(upkeep.garbage().failing(TENANT, 10)).containsExactly(object);
    assertThat(upkeep.garbage().failing(new TenantId("acme"), 10)).isEmpty();
    for (int i = 0; i < 12; i++) {
      clock.advance(Duration.ofHours(1));
      assertThat(upkeep.garbage().due(10)).hasSize(1);
      upkeep.garbage().failed(List.of(stuck), "AccessDenied");
      assertThat(upkeep.garbage().due(10)).isEmpty();
    }
    clock.advance(Duration.ofHours(1));
    assertThat(sweep()).containsExactly(stuck);
  }

  @Test
  void fileOfARegisteredReaderStaysUntilItsLeaseIsOver() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    SnapshotId read = newest();
    compact(table, files.subList(0, 2));
    compact(table, files.subList(2, 4));
    upkeep.readers().hold("gateway-1", TENANT, Set.of(read), Duration.ofHours(3));
    expireTo(1);

    assertThat(collect()).isEmpty();
    assertThat(upkeep.garbage().counts().held()).isEqualTo(4);
    upkeep
        .readers()
        .hold("gateway-1", TENANT, Set.of(new SnapshotId(read.value() + 1)), Duration.ofHours(3));
    assertThat(sweep()).containsExactlyInAnyOrderElementsOf(keysOf(files.subList(0, 2)));
    clock.advance(Duration.ofHours(3).plusMillis(1));
    assertThat(sweep()).containsExactlyInAnyOrderElementsOf(keysOf(files.subList(2, 4)));
  }

  @Test
  void readerThatIsReleasedHoldsNothing() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 2);
    SnapshotId read = newest();
    compact(table, files);
    upkeep.readers().hold("one", TENANT, Set.of(read), Duration.ofDays(3));
    upkeep.readers().hold("two", TENANT, Set.of(read), Duration.ofDays(3));
    expireTo(1);

    assertThat(collect()).isEmpty();
    upkeep.readers().release("one");
    assertThat(sweep()).isEmpty();
    upkeep.readers().hold("two", TENANT, Set.of(), Duration.ofDays(3));

    assertThat(sweep()).hasSize(2);
  }

  @Test
  void objectsThatTheCatalogDoesNotKnowAreTold() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 2);
    String live = filesAt(compact(table, files).snapshot().id(), "flights").getFirst().objectKey();
    expireTo(1);
    mark();

    assertThat(
            upkeep
                .garbage()
                .unknown(List.of("stray", live, files.getFirst().objectKey(), "other/stray")))
        .isEqualTo(Set.of("stray", "other/stray"));
  }

  @Test
  void graceThatIsTooShortIsRefused() {
    assertThatThrownBy(() -> upkeep.garbage().mark(TENANT, Duration.ofMinutes(1), 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT1M");
    assertThatThrownBy(() -> upkeep.garbage().mark(new TenantId("nobody"), GRACE, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nobody");
  }

  @Test
  void forgottenRewritesLeaveTheirFilesToCollection() {
    TableInfo table = table("flights");
    List<DataFile> files = landFiles(table, 0, 4);
    compact(table, files.subList(0, 2));
    prepared(table, files.subList(2, 4));
    clock.advance(Duration.ofDays(8));

    upkeep.retention().forget(TENANT, 100);
    mark();
    int forgotten = upkeep.retention().forget(TENANT, 100);

    assertThat(marked()).hasSize(1);
    assertThat(forgotten).isEqualTo(1);
    assertThat(filesAt(newest(), "flights")).hasSize(3);
  }
}

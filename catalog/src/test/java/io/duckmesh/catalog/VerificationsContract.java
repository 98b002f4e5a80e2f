package io.duckmesh.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Runs that compare, and what they look at. */
abstract class VerificationsContract extends CatalogContract {
  private static final VerifyFinding MISSING =
      new VerifyFinding(VerifyFinding.Kind.FILE_MISSING, "data/a.parquet", "It is gone");
  private static final VerifyFinding UNBALANCED =
      new VerifyFinding(VerifyFinding.Kind.CONSERVATION, "default-0", "3 events are missing");

  @Test
  void runWithoutFindingsPasses() {
    Instant began = clock.instant();
    VerifyRun begun = catalog.verifications().begin("run", TENANT);
    clock.advance(Duration.ofMinutes(2));
    catalog.verifications().advance("run", 3, 40, 5_000);

    VerifyRun finished = catalog.verifications().finish("run");

    assertThat(begun)
        .isEqualTo(
            new VerifyRun(
                "run", TENANT, VerifyRun.State.RUNNING, newest(), began, null, 0, 0, 0, 0));
    assertThat(finished)
        .isEqualTo(
            new VerifyRun(
                "run",
                TENANT,
                VerifyRun.State.PASSED,
                newest(),
                began,
                clock.instant(),
                3,
                40,
                5_000,
                0));
    assertThat(open().verifications().find(TENANT, "run")).contains(finished);
  }

  @Test
  void runWithFindingsFails() {
    catalog.verifications().begin("run", TENANT);
    catalog.verifications().record("run", List.of(MISSING));
    catalog.verifications().record("run", List.of(MISSING, UNBALANCED));

    VerifyRun finished = catalog.verifications().finish("run");

    assertThat(finished.state()).isEqualTo(VerifyRun.State.FAILED);
    assertThat(finished.findings()).isEqualTo(2);
    assertThat(catalog.verifications().findings("run")).containsExactly(UNBALANCED, MISSING);
  }

  @Test
  void beginningAndFinishingAgainChangesNothing() {
    VerifyRun begun = catalog.verifications().begin("run", TENANT);
    clock.advance(Duration.ofMinutes(1));
    table("flights");
    assertThat(catalog.verifications().begin("run", TENANT)).isEqualTo(begun);
    VerifyRun finished = catalog.verifications().finish("run");
    clock.advance(Duration.ofMinutes(1));
    catalog.verifications().advance("run", 9, 9, 9);

    assertThat(catalog.verifications().finish("run")).isEqualTo(finished);
    assertThat(catalog.verifications().begin("run", TENANT)).isEqualTo(finished);
  }

  @Test
  void newRunAbandonsOneOfTheTenantThatHasNotFinished() {
    TenantId other = new TenantId("other");
    catalog.tenants().ensure(other, 1);
    catalog.verifications().begin("other's", other);
    catalog.verifications().begin("first", TENANT);
    catalog.verifications().finish("first");
    catalog.verifications().begin("second", TENANT);

    catalog.verifications().begin("third", TENANT);

    assertThat(catalog.verifications().list(TENANT, 10))
        .extracting(run -> run.runId() + " " + run.state())
        .containsExactly("third RUNNING", "second ABANDONED", "first PASSED");
    assertThat(catalog.verifications().list(TENANT, 1))
        .extracting(VerifyRun::runId)
        .containsExactly("third");
    assertThat(catalog.verifications().find(other, "other's"))
        .hasValueSatisfying(run -> assertThat(run.state()).isEqualTo(VerifyRun.State.RUNNING));
    assertThat(catalog.verifications().finish("second").state())
        .isEqualTo(VerifyRun.State.ABANDONED);
  }

  @Test
  void runOfAnotherTenantIsNotFound() {
    TenantId other = new TenantId("other");
    catalog.tenants().ensure(other, 1);
    catalog.verifications().begin("run", TENANT);

    assertThat(catalog.verifications().find(other, "run")).isEmpty();
    assertThatThrownBy(() -> catalog.verifications().begin("run", other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of tenant default, not other");
    assertThatThrownBy(() -> catalog.verifications().begin("new", new TenantId("nobody")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> catalog.verifications().finish("unknown"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void findingsAreKeptUpToALimit() {
    catalog.verifications().begin("run", TENANT);
    for (int page = 0; page < 3; page++) {
      int first = page * 4_000;
      catalog
          .verifications()
          .record(
              "run",
              IntStream.range(first, first + 4_000)
                  .mapToObj(
                      number ->
                          new VerifyFinding(
                              VerifyFinding.Kind.FILE_MISSING, "data/" + number, "gone"))
                  .toList());
    }

    assertThat(catalog.verifications().finish("run").findings())
        .isEqualTo(Verifications.MAX_FINDINGS);
  }

  @Test
  void filesOfASnapshotAreListedInPages() {
    TableInfo flights = table("flights");
    for (int batch = 0; batch < 5; batch++) {
      land(flights, batch, batch + 1, 10);
    }
    catalog.tables().drop(TENANT, "flights");
    SnapshotId snapshot = newest();
    TableInfo airlines = table("airlines");
    long landed = catalog.watermarks().load(airlines.shards().getFirst()).position();
    land(airlines, landed, landed + 1, 3);
    prepared(catalog, airlines, landed + 1, landed + 2, 100);

    List<StoredFile> first = catalog.verifications().files(TENANT, snapshot, null, 3);
    List<StoredFile> second =
        catalog.verifications().files(TENANT, snapshot, first.getLast().objectKey(), 3);

    assertThat(first).hasSize(3);
    assertThat(second).hasSize(2);
    assertThat(catalog.verifications().files(TENANT, snapshot, second.getLast().objectKey(), 3))
        .isEmpty();
    assertThat(first).doesNotContainAnyElementsOf(second);
    assertThat(first)
        .allSatisfy(
            file -> {
              assertThat(file.tableName()).isEqualTo("flights");
              assertThat(file.sizeBytes()).isEqualTo(200);
              assertThat(file.contentHash()).hasSize(64);
              assertThat(catalog.verifications().isLive(file.objectKey())).isTrue();
            });
    assertThat(catalog.verifications().files(TENANT, newest(), null, 10)).hasSize(6);
    assertThat(catalog.verifications().isLive("data/unknown.parquet")).isFalse();
  }

  @Test
  void commitsOfAShardAreListedInPages() {
    TableInfo table = table("flights");
    ShardId shard = table.shards().getFirst();
    SnapshotId first = land(table, 0, 4, 1).snapshot().id();
    SnapshotId second = land(table, 4, 5, 1).snapshot().id();
    SnapshotId third = land(table, 5, 9, 1).snapshot().id();

    assertThat(catalog.verifications().landed(shard, 0, 2))
        .containsExactly(new LandedBatch(0, 4, first), new LandedBatch(4, 5, second));
    assertThat(catalog.verifications().landed(shard, 5, 2))
        .containsExactly(new LandedBatch(5, 9, third));
    assertThat(catalog.verifications().landed(shard, 9, 2)).isEmpty();
  }
}

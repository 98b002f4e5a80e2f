package io.duckmesh.catalog.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.Commit;
import io.duckmesh.catalog.CommitStateUnknownException;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.SettableClock;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableDraft;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableSettings;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.catalog.postgres.FailingDataSource.Failure;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How commits end when connections do. */
class PostgresCommitTest {
  private static final TenantId TENANT = new TenantId("default");
  private static final ShardId SHARD = new ShardId("default-0");

  private final SettableClock clock = new SettableClock(Instant.parse("2026-03-04T22:30:00Z"));
  private PostgresStore store;
  private FailingDataSource pool;
  private Catalog catalog;
  private WriteId write;

  @BeforeEach
  void prepareWrite() {
    store = PostgresStore.shared();
    pool = new FailingDataSource(store.pool());
    catalog = PostgresCatalog.create(pool, store.unpooled(), clock);
    catalog.tenants().ensure(TENANT, 1);
    TableInfo table =
        catalog
            .tables()
            .create(
                TENANT,
                new TableDraft(
                    "flights",
                    List.of(new ColumnDefinition(1, "id", "VARCHAR", true, null)),
                    List.of(),
                    List.of(),
                    TableSettings.DEFAULTS));
    write = catalog.writes().begin(SHARD, 0, 5, "test");
    catalog.writes().registerPending(write, table.id(), List.of("data/1.parquet"));
    catalog
        .writes()
        .prepare(
            write,
            new PreparedWrite(
                List.of(new DataFile(table.id(), "data/1.parquet", 1, 10, 100, "ab", List.of())),
                List.of(new TableCounts(table.id(), 10, 0, 0)),
                List.of()));
  }

  @AfterEach
  void close() {
    catalog.close();
    store.close();
  }

  @Test
  void lostAnswerIsUnknownAndCallingAgainTellsThatItHappened() {
    pool.failNext(Failure.AFTER_EXECUTION);

    assertThatThrownBy(() -> catalog.writes().commit(write))
        .isInstanceOf(CommitStateUnknownException.class)
        .hasMessageContaining("write " + write);
    SnapshotId newest = catalog.snapshots().newest(TENANT).id();
    Commit commit = catalog.writes().commit(write);

    assertThat(commit.snapshot().id()).isEqualTo(newest);
    assertThat(commit.visible()).isEqualTo(10);
    assertThat(catalog.snapshots().newest(TENANT).id()).isEqualTo(newest);
  }

  @Test
  void lostQuestionIsUnknownAndCallingAgainCommits() {
    SnapshotId before = catalog.snapshots().newest(TENANT).id();
    pool.failNext(Failure.BEFORE_EXECUTION);

    assertThatThrownBy(() -> catalog.writes().commit(write))
        .isInstanceOf(CommitStateUnknownException.class);
    assertThat(catalog.snapshots().newest(TENANT).id()).isEqualTo(before);

    assertThat(catalog.writes().commit(write).snapshot().id()).isGreaterThan(before);
  }

  @Test
  void missingConnectionIsKnownNotDone() {
    pool.failNext(Failure.ON_CONNECT);

    assertThatThrownBy(() -> catalog.writes().commit(write))
        .isInstanceOf(CatalogUnavailableException.class);

    assertThat(catalog.watermarks().load(SHARD).position()).isZero();
  }

  @Test
  void commitThatFailsInTheMiddleLeavesNothing() {
    Jdbi jdbi = Jdbi.create(store.unpooled());
    SnapshotId before = catalog.snapshots().newest(TENANT).id();
    jdbi.useHandle(
        handle ->
            handle.execute(
                """
                INSERT INTO catalog.snapshot (tenant_id, snapshot_id, committed_at, operation)
                VALUES ('default', ?, '2099-01-01T00:00:00Z', 'obstacle')
                """,
                before.value() + 1));
    assertThatThrownBy(() -> catalog.writes().commit(write))
        .isInstanceOf(IllegalStateException.class);
    assertThat(catalog.watermarks().load(SHARD).position()).isZero();
    jdbi.useHandle(
        handle -> handle.execute("DELETE FROM catalog.snapshot WHERE operation = 'obstacle'"));

    Commit commit = catalog.writes().commit(write);

    assertThat(commit.snapshot().id().value()).isEqualTo(before.value() + 1);
    assertThat(catalog.snapshots().manifest(TENANT, commit.snapshot().id(), "flights").files())
        .hasSize(1);
  }
}

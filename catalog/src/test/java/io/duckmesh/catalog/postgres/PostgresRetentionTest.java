package io.duckmesh.catalog.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.ColumnDefinition;
import io.duckmesh.catalog.DataFile;
import io.duckmesh.catalog.KeyHash;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.SegmentForgottenException;
import io.duckmesh.catalog.SegmentOutcome;
import io.duckmesh.catalog.SettableClock;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TableCounts;
import io.duckmesh.catalog.TableDraft;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TableSettings;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.WriteId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How much the ledger keeps: what a window needs, whatever has landed before. */
class PostgresRetentionTest {
  private static final TenantId TENANT = new TenantId("default");
  private static final ShardId SHARD = new ShardId("default-0");
  private static final int WINDOW_DAYS = 3;

  /** The window, two days that bound when keys were recorded, and the day of its end. */
  private static final int KEPT_DAYS = WINDOW_DAYS + 3;

  private final SettableClock clock = new SettableClock(Instant.parse("2026-03-04T12:00:00Z"));
  private PostgresStore store;
  private Catalog catalog;
  private TableInfo table;
  private long landed;

  @BeforeEach
  void open() {
    store = PostgresStore.shared();
    catalog = store.open(clock);
    catalog.tenants().ensure(TENANT, 1);
    table =
        catalog
            .tables()
            .create(
                TENANT,
                new TableDraft(
                    "flights",
                    List.of(new ColumnDefinition(1, "id", "VARCHAR", true, null)),
                    List.of(),
                    List.of(),
                    TableSettings.DEFAULTS.withKeyWindow(Duration.ofDays(WINDOW_DAYS))));
  }

  @AfterEach
  void close() {
    catalog.close();
    store.close();
  }

  @Test
  void ledgerStopsGrowingWhenItsWindowIsFullAndFilesStay() {
    for (int day = 0; day < 20; day++) {
      land();
      clock.advance(Duration.ofDays(1));
      catalog.writes().expireKeys();
    }

    assertThat(count("catalog.event_key")).isLessThanOrEqualTo(KEPT_DAYS);
    assertThat(count("catalog.segment_outcome")).isLessThanOrEqualTo(KEPT_DAYS);
    assertThat(count("catalog.landed_batch")).isBetween(1L, (long) KEPT_DAYS);
    assertThat(count("catalog.write")).isBetween(1L, KEPT_DAYS + 2L);
    assertThat(
            count(
                """
                pg_inherits
                WHERE inhparent IN ('catalog.event_key'::regclass, 'catalog.segment_outcome'::regclass)
                """))
        .isLessThanOrEqualTo(2L * (KEPT_DAYS + 1));
    assertThat(count("catalog.data_file WHERE begin_snapshot IS NOT NULL")).isEqualTo(20);
    assertThat(catalog.tables().counts(table.id()))
        .isEqualTo(new TableCounts(table.id(), 20, 20, 0));
  }

  @Test
  void everyReceiptWithinTheWindowIsTrueAndEveryOtherIsSaidToBeForgotten() {
    for (int day = 0; day < 12; day++) {
      land();
      clock.advance(Duration.ofDays(1));
      catalog.writes().expireKeys();
    }

    for (long position = landed; position > landed - WINDOW_DAYS; position--) {
      assertThat(catalog.watermarks().findLanded(SHARD, position).orElseThrow().duplicates())
          .as("position " + position)
          .isEqualTo(1);
    }
    assertThatThrownBy(() -> catalog.watermarks().findLanded(SHARD, landed - KEPT_DAYS - 1))
        .isInstanceOf(SegmentForgottenException.class);
  }

  @Test
  void writeThatDiedIsForgottenUnlessCollectionHasItsFilesToFind() {
    WriteId nothing = catalog.writes().begin(SHARD, 0, 1, "died at once");
    WriteId uncollected = catalog.writes().begin(SHARD, 0, 1, "died while it wrote");
    catalog.writes().registerPending(uncollected, table.id(), List.of("data/orphan.parquet"));
    clock.advance(Duration.ofDays(KEPT_DAYS + 2));

    catalog.writes().expireKeys();

    assertThat(count("catalog.write WHERE write_id = " + nothing.value())).isZero();
    assertThat(count("catalog.write WHERE write_id = " + uncollected.value())).isOne();
  }

  @Test
  void commitOfAWriteThatIsForgottenChangesNothing() {
    WriteId write = land();
    clock.advance(Duration.ofDays(KEPT_DAYS + 2));
    catalog.writes().expireKeys();

    assertThatThrownBy(() -> catalog.writes().commit(write))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Write does not exist");

    assertThat(catalog.watermarks().load(SHARD).position()).isEqualTo(landed);
    assertThat(catalog.tables().counts(table.id())).isEqualTo(new TableCounts(table.id(), 1, 1, 0));
  }

  /** One new event and one duplicate. */
  private WriteId land() {
    long position = landed + 1;
    String object = "data/%d.parquet".formatted(position);
    WriteId write = catalog.writes().begin(SHARD, landed, position, "test");
    catalog.writes().registerPending(write, table.id(), List.of(object));
    catalog.writes().recordKeys(write, table.id(), List.of(new KeyHash(position, position)));
    catalog
        .writes()
        .prepare(
            write,
            new PreparedWrite(
                List.of(new DataFile(table.id(), object, 1, 1, 20, "0".repeat(64), List.of())),
                List.of(new TableCounts(table.id(), 1, 1, 0)),
                List.of(new SegmentOutcome(position, table.id(), 2, 1, 0, null))));
    catalog.writes().commit(write);
    landed = position;
    return write;
  }

  private long count(String from) {
    return Jdbi.create(store.unpooled())
        .withHandle(
            handle -> handle.createQuery("SELECT count(*) FROM " + from).mapTo(Long.class).one());
  }
}

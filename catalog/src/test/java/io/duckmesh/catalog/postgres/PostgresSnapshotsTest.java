package io.duckmesh.catalog.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.SettableClock;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.postgres.FailingDataSource.Failure;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What queries ask for first, when connections are lost. */
class PostgresSnapshotsTest {
  private static final TenantId TENANT = new TenantId("default");

  private PostgresStore store;
  private FailingDataSource pool;
  private Catalog catalog;

  @BeforeEach
  void open() {
    store = PostgresStore.shared();
    pool = new FailingDataSource(store.pool());
    catalog =
        PostgresCatalog.create(
            pool, store.unpooled(), new SettableClock(Instant.parse("2026-03-04T22:30:00Z")));
    catalog.tenants().ensure(TENANT, 1);
  }

  @AfterEach
  void close() {
    catalog.close();
    store.close();
  }

  @ParameterizedTest
  @EnumSource
  void aLostConnectionMakesTheNewestTablesUnavailableOnce(Failure failure) {
    pool.failNext(failure);

    assertThatThrownBy(() -> catalog.snapshots().newestTables(TENANT, Set.of("flights")))
        .isInstanceOf(CatalogUnavailableException.class)
        .hasMessageContaining("newest snapshot of tenant default");
    assertThat(catalog.snapshots().newestTables(TENANT, Set.of("flights")).snapshot())
        .isEqualTo(catalog.snapshots().newest(TENANT));
  }

  @Test
  void aTenantThatDoesNotExistHasNoNewestTables() {
    assertThatThrownBy(() -> catalog.snapshots().newestTables(new TenantId("nobody"), Set.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nobody");
  }
}

package io.duckmesh.api.tables;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.TenantId;
import java.time.Duration;

/**
 * Tables by name, remembered for a moment, so that ingest does not ask the catalog for every
 * request. What is not there is not remembered: a table that another gateway made is found at once.
 */
public final class LiveTables {
  private final Catalog catalog;
  private final Cache<Name, LiveTable> tables;

  public LiveTables(Catalog catalog, Duration ttl) {
    this.catalog = catalog;
    this.tables = Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(ttl).build();
  }

  /**
   * The live table of that name.
   *
   * @throws TableNotFoundException if there is none
   */
  public LiveTable load(TenantId tenant, String name) {
    return tables.get(
        new Name(tenant, name),
        key ->
            catalog
                .tables()
                .find(tenant, name)
                .map(LiveTable::of)
                .orElseThrow(() -> new TableNotFoundException(tenant, name)));
  }

  /** Forgets what is remembered of the name, after it was changed here. */
  public void forget(TenantId tenant, String name) {
    tables.invalidate(new Name(tenant, name));
  }

  private record Name(TenantId tenant, String table) {}
}

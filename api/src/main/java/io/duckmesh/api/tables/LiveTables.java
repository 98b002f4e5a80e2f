package io.duckmesh.api.tables;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.TableNotFoundException;
import io.duckmesh.catalog.TenantId;
import java.time.Duration;
import java.util.Optional;

/**
 * Tables by name, remembered for a moment, so that ingest does not ask the catalog for every
 * request. A table in use is looked up again before its time is over, while requests go on with
 * what is known. What is not there is not remembered: a table that another gateway made is found at
 * once.
 */
public final class LiveTables {
  private final LoadingCache<Name, Optional<LiveTable>> tables;

  /**
   * @param ttl how old an answer may be
   */
  public LiveTables(Catalog catalog, Duration ttl) {
    this.tables =
        Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(ttl)
            .refreshAfterWrite(ttl.dividedBy(2))
            .executor(Thread::startVirtualThread)
            .build(name -> catalog.tables().find(name.tenant(), name.table()).map(LiveTable::of));
  }

  /**
   * The live table of that name.
   *
   * @throws TableNotFoundException if there is none
   */
  public LiveTable load(TenantId tenant, String name) {
    Name key = new Name(tenant, name);
    Optional<LiveTable> table = tables.get(key);
    if (table.isEmpty()) {
      tables.invalidate(key);
      throw new TableNotFoundException(tenant, name);
    }
    return table.get();
  }

  /** Forgets what is remembered of the name, after it was changed here. */
  public void forget(TenantId tenant, String name) {
    tables.invalidate(new Name(tenant, name));
  }

  private record Name(TenantId tenant, String table) {}
}

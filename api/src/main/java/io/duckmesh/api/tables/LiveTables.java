package io.duckmesh.api.tables;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.TableInfo;
import io.duckmesh.catalog.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Tables by name, in any case, remembered for a moment, so that ingest does not ask the catalog for
 * every request. A table in use is looked up again before its time is over, while requests go on
 * with what is known. What is not there is not remembered: a table that another gateway made is
 * found at once.
 */
public final class LiveTables {
  private final Catalog catalog;
  private final LoadingCache<Name, Optional<LiveTable>> tables;

  /**
   * @param ttl how old an answer may be
   */
  public LiveTables(Catalog catalog, Duration ttl) {
    this.catalog = catalog;
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
   * @throws ProblemException if there is none, with the name that was probably meant
   */
  public LiveTable load(TenantId tenant, String name) {
    Name key = Name.of(tenant, name);
    Optional<LiveTable> table = tables.get(key);
    if (table.isEmpty()) {
      tables.invalidate(key);
      throw notFound(tenant, name);
    }
    return table.get();
  }

  /**
   * The live table of that name as the catalog has it now, which is remembered from here on.
   *
   * @throws ProblemException if there is none, with the name that was probably meant
   */
  public LiveTable reload(TenantId tenant, String name) {
    Name key = Name.of(tenant, name);
    Optional<LiveTable> table = catalog.tables().find(tenant, name).map(LiveTable::of);
    if (table.isEmpty()) {
      tables.invalidate(key);
      throw notFound(tenant, name);
    }
    tables.put(key, table);
    return table.get();
  }

  /** The refusal for a name that is of no live table. */
  ProblemException notFound(TenantId tenant, String name) {
    List<String> known = catalog.tables().list(tenant).stream().map(TableInfo::name).toList();
    return MissingTable.problem(name, null, known);
  }

  /** Forgets what is remembered of the name, after it was changed here. */
  public void forget(TenantId tenant, String name) {
    tables.invalidate(Name.of(tenant, name));
  }

  /**
   * @param table in lower case
   */
  private record Name(TenantId tenant, String table) {
    static Name of(TenantId tenant, String table) {
      return new Name(tenant, table.toLowerCase(Locale.ROOT));
    }
  }
}

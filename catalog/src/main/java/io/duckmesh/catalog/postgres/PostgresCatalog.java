package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.upkeep.Upkeep;
import java.security.SecureRandom;
import java.time.Clock;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** Makes catalogs that live in the schema {@code catalog} of a PostgreSQL database. */
public final class PostgresCatalog {
  /**
   * Opens the catalog; the schema must have been migrated. Does not connect by itself, so it may be
   * called before the database is up.
   *
   * @param pool connections in autocommit mode, for everything that is short
   * @param unpooled connections outside of the pool, of which one is held to listen for commits of
   *     other processes
   * @param clock says what time it is for snapshots and key windows
   */
  public static Catalog create(DataSource pool, DataSource unpooled, Clock clock) {
    return new JdbiCatalog(pool, unpooled, clock, new SecureRandom());
  }

  /**
   * Opens the part of the catalog that background jobs need; the schema must have been migrated.
   * Does not connect by itself, has no threads and need not be closed.
   *
   * @param pool connections in autocommit mode
   * @param clock says what time it is for snapshots, grace times and leases
   */
  public static Upkeep createUpkeep(DataSource pool, Clock clock) {
    return new JdbiUpkeep(pool, clock);
  }

  /**
   * Brings the schema to this version, making it where it is missing. Repeatable; processes that
   * call it at once wait for one another.
   */
  public static void migrate(DataSource dataSource) {
    try {
      Flyway.configure(PostgresCatalog.class.getClassLoader())
          .dataSource(dataSource)
          .schemas("catalog")
          .defaultSchema("catalog")
          .table("schema_history")
          .locations("classpath:db/migration/catalog")
          .load()
          .migrate();
    } catch (FlywayException e) {
      if (SqlFailures.isUnavailable(e)) {
        throw new CatalogUnavailableException("Cannot migrate schema catalog", e);
      }
      throw new IllegalStateException("Cannot migrate schema catalog", e);
    }
  }

  private PostgresCatalog() {}
}

package io.duckmesh.catalog.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogStore;
import io.duckmesh.catalog.upkeep.Upkeep;
import io.duckmesh.testing.PostgresServer;
import java.time.Clock;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.ds.PGSimpleDataSource;

/** A migrated schema, with a pool that its catalogs share. */
public final class PostgresStore implements CatalogStore {
  private final DataSource unpooled;
  private final HikariDataSource pool;

  private PostgresStore(PGSimpleDataSource dataSource) {
    this.unpooled = dataSource;
    PostgresCatalog.migrate(dataSource);
    HikariConfig config = new HikariConfig();
    config.setDataSource(dataSource);
    config.setMaximumPoolSize(12);
    config.setMinimumIdle(0);
    config.setConnectionTimeout(3_000);
    this.pool = new HikariDataSource(config);
  }

  /** Makes a store in a database of its own. */
  static PostgresStore create(PostgresServer server) {
    return new PostgresStore(dataSource(server, server.createDatabase()));
  }

  /**
   * Makes an empty store of the one database that the tests of this JVM take turns at: a new schema
   * costs the server far less than a new database.
   */
  public static PostgresStore shared() {
    PGSimpleDataSource dataSource = dataSource(PostgresServer.shared(), Shared.DATABASE);
    Jdbi.create(dataSource)
        .useHandle(handle -> handle.execute("DROP SCHEMA IF EXISTS catalog CASCADE"));
    return new PostgresStore(dataSource);
  }

  private static PGSimpleDataSource dataSource(PostgresServer server, String database) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(server.jdbcUrl(database));
    return dataSource;
  }

  /** The pool; closed with this. */
  public DataSource pool() {
    return pool;
  }

  DataSource unpooled() {
    return unpooled;
  }

  @Override
  public Catalog open(Clock clock) {
    return PostgresCatalog.create(pool, unpooled, clock);
  }

  /** Opens the part that background jobs use. */
  public Upkeep openUpkeep(Clock clock) {
    return PostgresCatalog.createUpkeep(pool, clock);
  }

  @Override
  public void close() {
    pool.close();
  }

  private static final class Shared {
    static final String DATABASE = PostgresServer.shared().createDatabase();
  }
}

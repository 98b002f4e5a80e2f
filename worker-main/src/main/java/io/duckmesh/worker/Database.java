package io.duckmesh.worker;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.duckmesh.bus.postgres.PostgresBus;
import io.duckmesh.catalog.postgres.PostgresCatalog;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Connections to the one database that has the log and the catalog. Closing ends the pool. */
final class Database implements AutoCloseable {
  private static final int CONNECT_TIMEOUT_SECONDS = 10;
  private static final long POOL_TIMEOUT_MILLIS = 5_000;

  private final DataSource unpooled;
  private final HikariDataSource pool;

  private Database(DataSource unpooled, HikariDataSource pool) {
    this.unpooled = unpooled;
    this.pool = pool;
  }

  /** Opens the database and brings both schemas to this version. */
  static Database open(ServerSettings.Database settings) {
    DataSource unpooled = unpooled(settings);
    migrate(unpooled);
    HikariConfig config = new HikariConfig();
    config.setPoolName("duckmesh");
    config.setDataSource(unpooled);
    config.setMaximumPoolSize(settings.poolSize());
    config.setMinimumIdle(Math.min(4, settings.poolSize()));
    config.setConnectionTimeout(POOL_TIMEOUT_MILLIS);
    // A database that goes away makes requests fail, not this process.
    config.setInitializationFailTimeout(-1);
    return new Database(unpooled, new HikariDataSource(config));
  }

  /** Connections that are opened one by one; whoever takes one closes it. */
  static DataSource unpooled(ServerSettings.Database settings) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(settings.url());
    if (!settings.user().isEmpty()) {
      source.setUser(settings.user());
    }
    if (!settings.password().isEmpty()) {
      source.setPassword(settings.password());
    }
    source.setConnectTimeout(CONNECT_TIMEOUT_SECONDS);
    source.setTcpKeepAlive(true);
    source.setApplicationName("duckmesh");
    return source;
  }

  static void migrate(DataSource dataSource) {
    PostgresBus.migrate(dataSource);
    PostgresCatalog.migrate(dataSource);
  }

  DataSource unpooled() {
    return unpooled;
  }

  DataSource pool() {
    return pool;
  }

  @Override
  public void close() {
    pool.close();
  }
}

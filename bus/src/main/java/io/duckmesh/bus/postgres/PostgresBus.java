package io.duckmesh.bus.postgres;

import static java.util.Objects.requireNonNull;

import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.EventBus;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** Makes the log on PostgreSQL 15 or newer. Any number of processes may use one database. */
public final class PostgresBus {
  private static final String SCHEMA = "bus";

  private PostgresBus() {}

  /**
   * Brings the log's schema {@code bus} to this version. Repeatable; other schemas of the database
   * are not touched.
   *
   * @throws BusUnavailableException if the database did not answer; what was migrated stays
   */
  public static void migrate(DataSource dataSource) {
    try {
      Flyway.configure()
          .dataSource(dataSource)
          .schemas(SCHEMA)
          .defaultSchema(SCHEMA)
          .locations("classpath:db/migration/bus")
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw SqlFailures.translate("Cannot migrate schema " + SCHEMA, e);
    }
  }

  /**
   * Opens the log; {@link #migrate} has run before. The caller closes the log first and the data
   * sources after it. The database need not answer yet.
   *
   * <p>Times of leases, linger and publishing are the database's, so that processes whose clocks
   * differ agree.
   *
   * @param pool for everything but publishing: a connection is held for single statements or short
   *     transactions only, never while a claim waits; about one for every two threads that claim,
   *     acknowledge or read at once is plenty, and one is enough. Autocommit, read committed.
   * @param dedicated gives two connections that the log keeps for itself until it is closed, one to
   *     publish and one to listen. May be the same pool if that has two to spare.
   */
  public static EventBus create(DataSource pool, DataSource dedicated, BusOptions options) {
    requireNonNull(pool, "pool is null");
    requireNonNull(dedicated, "dedicated is null");
    requireNonNull(options, "options is null");
    return PostgresEventBus.start(pool, dedicated, options);
  }
}

package io.duckmesh.api;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.postgres.PostgresBus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.postgres.PostgresCatalog;
import io.duckmesh.testing.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A database of its own with the schemas of log and catalog, and a tenant with three shards. */
final class TestDatabase {
  static final TenantId TENANT = new TenantId("default");
  static final int SHARDS = 3;

  private final String url;

  TestDatabase() {
    this(PostgresServer.shared());
  }

  TestDatabase(PostgresServer server) {
    this.url = server.jdbcUrl(server.createDatabase());
    PostgresCatalog.migrate(unpooled());
    PostgresBus.migrate(unpooled());
    try (HikariDataSource pool = pool();
        Catalog catalog = catalog(pool);
        EventBus bus = bus(pool, BusOptions.DEFAULTS)) {
      ensureTenant(catalog, bus, TENANT);
    }
  }

  static void ensureTenant(Catalog catalog, EventBus bus, TenantId tenant) {
    catalog.tenants().ensure(tenant, SHARDS);
    catalog
        .tenants()
        .shards(tenant)
        .forEach(
            shard -> bus.ensureShard(new io.duckmesh.bus.ShardId(shard.value()), tenant.value()));
  }

  DataSource unpooled() {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(url);
    return dataSource;
  }

  HikariDataSource pool() {
    HikariConfig config = new HikariConfig();
    config.setDataSource(unpooled());
    config.setMaximumPoolSize(8);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(3_000);
    return new HikariDataSource(config);
  }

  /** Changes what only the product changes otherwise. */
  void execute(String sql) throws SQLException {
    try (Connection connection = unpooled().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The number that the statement answers with. */
  long count(String sql) throws SQLException {
    try (Connection connection = unpooled().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  Catalog catalog(DataSource pool) {
    return PostgresCatalog.create(pool, unpooled(), Clock.systemUTC());
  }

  EventBus bus(DataSource pool, BusOptions options) {
    return PostgresBus.create(pool, unpooled(), options);
  }
}

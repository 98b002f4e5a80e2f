package io.duckmesh.bus.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.QuarantineContract;
import io.duckmesh.testing.PostgresServer;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;

class PostgresQuarantineIT extends QuarantineContract {
  private final List<HikariDataSource> pools = new ArrayList<>();

  @Override
  protected EventBus create(BusOptions options) {
    DataSource database = PostgresServer.shared().newDatabase();
    PostgresBus.migrate(database);
    HikariConfig config = new HikariConfig();
    config.setDataSource(database);
    config.setMaximumPoolSize(4);
    HikariDataSource pool = new HikariDataSource(config);
    pools.add(pool);
    return PostgresBus.create(pool, database, options);
  }

  @AfterEach
  void closePools() {
    pools.forEach(HikariDataSource::close);
  }
}

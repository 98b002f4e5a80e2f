package io.duckmesh.catalog.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.Installation;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.testing.PostgresServer;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Making the schema. */
class PostgresMigrationTest {
  @Test
  void processesThatStartAtOnceMakeOneSchemaAndOneInstallation() throws Exception {
    DataSource database = PostgresServer.shared().newDatabase();

    Set<Object> installations = new HashSet<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Installation>> starts =
          IntStream.range(0, 4)
              .<Callable<Installation>>mapToObj(i -> () -> start(database))
              .toList();
      for (Future<Installation> started : executor.invokeAll(starts)) {
        installations.add(started.get().id());
      }
    }

    assertThat(installations).hasSize(1);
  }

  private static Installation start(DataSource database) {
    PostgresCatalog.migrate(database);
    try (Catalog catalog = PostgresCatalog.create(database, database, Clock.systemUTC())) {
      catalog.tenants().ensure(new TenantId("default"), 4);
      return catalog.installation();
    }
  }

  @Test
  void migrationTouchesOnlyItsOwnSchema() {
    DataSource database = PostgresServer.shared().newDatabase();

    PostgresCatalog.migrate(database);

    List<String> schemas =
        new ArrayList<>(
            Jdbi.create(database)
                .withHandle(
                    handle ->
                        handle
                            .createQuery(
                                """
                                SELECT DISTINCT schemaname
                                FROM pg_tables
                                WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
                                """)
                            .mapTo(String.class)
                            .list()));
    assertThat(schemas).containsExactly("catalog");
  }

  @Test
  void databaseThatTakesNoConnectionsIsUnavailable() {
    DataSource database = PostgresServer.shared().newDatabase();
    PostgresCatalog.migrate(database);
    String name =
        Jdbi.create(database)
            .withHandle(
                handle ->
                    handle.createQuery("SELECT current_database()").mapTo(String.class).one());

    Jdbi.create(PostgresServer.shared().newDatabase())
        .useHandle(
            handle -> handle.execute("ALTER DATABASE %s ALLOW_CONNECTIONS false".formatted(name)));

    assertThatThrownBy(() -> PostgresCatalog.migrate(database))
        .isInstanceOf(CatalogUnavailableException.class);
    try (Catalog catalog = PostgresCatalog.create(database, database, Clock.systemUTC())) {
      assertThatThrownBy(() -> catalog.tenants().findApiKey(new byte[32]))
          .isInstanceOf(CatalogUnavailableException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"08006", "25006", "40001", "53300", "55000", "55P03", "57014", "57P01", "58030"})
  void failureThatTimeMayCureIsUnavailable(String state) {
    assertThat(SqlFailures.isUnavailable(new SQLException("failed", state))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"22012", "23505", "42601", "42P01", "55006", "XX000"})
  void failureOfAStatementIsNotUnavailable(String state) {
    assertThat(SqlFailures.isUnavailable(new SQLException("failed", state))).isFalse();
  }

  @Test
  void refusedConnectionIsUnavailableWhateverTheReason() {
    assertThat(
            SqlFailures.isUnavailable(
                new ConnectionException(new SQLException("no such password", "28P01"))))
        .isTrue();
  }

  @Test
  void serverThatIsNotThereIsUnavailable() {
    PGSimpleDataSource nowhere = new PGSimpleDataSource();
    nowhere.setUrl("jdbc:postgresql://localhost:1/nowhere");

    assertThatThrownBy(() -> PostgresCatalog.migrate(nowhere))
        .isInstanceOf(CatalogUnavailableException.class);
    try (Catalog catalog = PostgresCatalog.create(nowhere, nowhere, Clock.systemUTC())) {
      assertThatThrownBy(() -> catalog.tenants().list())
          .isInstanceOf(CatalogUnavailableException.class);
    }
  }
}

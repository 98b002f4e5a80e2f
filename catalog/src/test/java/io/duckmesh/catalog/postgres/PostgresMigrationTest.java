package io.duckmesh.catalog.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.Installation;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.testing.PostgresServer;
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
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
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

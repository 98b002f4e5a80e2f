package io.duckmesh.catalog.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.PreparedWrite;
import io.duckmesh.catalog.SettableClock;
import io.duckmesh.catalog.ShardId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.WriteId;
import io.duckmesh.testing.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A catalog through a restart of its PostgreSQL. */
class PostgresRestartIT {
  private static final ShardId SHARD = new ShardId("default-0");

  @TempDir Path dataDirectory;

  @Test
  void everythingResumesByItselfAndWaitersAreWokenByLaterCommits() throws Exception {
    SettableClock clock = new SettableClock(Instant.parse("2026-03-04T22:30:00Z"));
    try (PostgresServer server = PostgresServer.start(dataDirectory);
        PostgresStore store = PostgresStore.create(server);
        Catalog catalog = store.open(clock);
        Catalog other = store.open(clock);
        ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      catalog.tenants().ensure(new TenantId("default"), 1);
      commit(catalog, 0);
      Future<Boolean> waiter =
          executor.submit(() -> other.watermarks().await(Map.of(SHARD, 2L), Duration.ofMinutes(1)));

      server.stop();
      assertThatThrownBy(() -> catalog.watermarks().load(SHARD))
          .isInstanceOf(CatalogUnavailableException.class);
      server.restart();
      assertThat(catalog.watermarks().load(SHARD).position()).isEqualTo(1);
      commit(catalog, 1);

      assertThat(waiter.get()).isTrue();
    }
  }

  private static void commit(Catalog catalog, long after) {
    WriteId write = catalog.writes().begin(SHARD, after, after + 1, "test");
    catalog.writes().prepare(write, new PreparedWrite(List.of(), List.of(), List.of()));
    catalog.writes().commit(write);
  }
}

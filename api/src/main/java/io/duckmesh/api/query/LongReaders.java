package io.duckmesh.api.query;

import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.Readers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the catalog again and again which snapshots this gateway's long queries read, so that their
 * files stay although they expire. Short ones need not: files stay for the grace time, at least.
 */
public final class LongReaders implements AutoCloseable {
  /** How often the catalog is told. */
  public static final Duration EVERY = Duration.ofSeconds(10);

  /** From which age on a query counts; much less than the least grace time. */
  public static final Duration AFTER = Duration.ofMinutes(1);

  /** How long what the catalog was told holds: longer than it may be out of reach for a while. */
  private static final Duration LEASE = Duration.ofMinutes(5);

  private static final Logger LOG = LoggerFactory.getLogger(LongReaders.class);

  private final RunningQueries running;
  private final Readers readers;
  private final Clock clock;
  private final Duration every;
  private final Duration after;
  private final String reader = "gateway-" + UUID.randomUUID();
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("long-readers").daemon(true).factory());

  /** Tenants of which the catalog was told something that holds. */
  private final Set<TenantId> told = new HashSet<>();

  public LongReaders(
      RunningQueries running, Readers readers, Clock clock, Duration every, Duration after) {
    this.running = running;
    this.readers = readers;
    this.clock = clock;
    this.every = every;
    this.after = after;
  }

  /** Begins. To be called once. */
  public void start() {
    var unused =
        executor.scheduleWithFixedDelay(
            this::attempt, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void attempt() {
    try {
      tell();
    } catch (CatalogUnavailableException e) {
      LOG.warn("Cannot say for now which snapshots are read cause=\"{}\"", e.toString());
    } catch (RuntimeException e) {
      LOG.error("Cannot say which snapshots are read", e);
    }
  }

  /** Tells the catalog once. */
  private void tell() {
    Instant since = clock.instant().minus(after);
    Map<TenantId, Set<SnapshotId>> reading = new HashMap<>();
    for (TrackedQuery query : running.startedBefore(since)) {
      Set<SnapshotId> snapshots = query.snapshots();
      if (!snapshots.isEmpty()) {
        reading
            .computeIfAbsent(query.caller().tenant(), tenant -> new HashSet<>())
            .addAll(snapshots);
      }
    }
    for (TenantId tenant : Set.copyOf(told)) {
      if (!reading.containsKey(tenant)) {
        readers.hold(reader, tenant, Set.of(), LEASE);
        told.remove(tenant);
      }
    }
    reading.forEach(
        (tenant, snapshots) -> {
          readers.hold(reader, tenant, snapshots, LEASE);
          told.add(tenant);
        });
  }

  @Override
  public void close() {
    executor.shutdownNow();
    try {
      var unused = executor.awaitTermination(5, TimeUnit.SECONDS);
      readers.release(reader);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (CatalogUnavailableException e) {
      LOG.info("Cannot say that no snapshot is read any more; that holds by itself soon");
    }
  }
}

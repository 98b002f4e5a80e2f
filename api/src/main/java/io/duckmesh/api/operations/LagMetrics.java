package io.duckmesh.api.operations;

import io.duckmesh.api.MetricsSource;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.EventBus;
import io.duckmesh.bus.ShardNotFoundException;
import io.duckmesh.bus.ShardStatus;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.ShardAccount;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.conservation.Conservation;
import io.duckmesh.catalog.conservation.ShardBalance;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gauges of backlog, watermarks and conservation, read anew when metrics are asked for, once a
 * second at most.
 */
public final class LagMetrics implements MetricsSource {
  private static final Logger LOG = LoggerFactory.getLogger(LagMetrics.class);
  private static final Duration FRESH = Duration.ofSeconds(1);

  private final Catalog catalog;
  private final EventBus bus;
  private final Clock clock;
  private final MeterRegistry registry;
  private final Map<String, Lag> byShard = new ConcurrentHashMap<>();
  private final ReentrantLock refreshing = new ReentrantLock();
  private final Conservation conservation;
  private final ConservationMetrics conservationMetrics;
  private volatile Instant refreshedAt = Instant.MIN;

  public LagMetrics(Catalog catalog, EventBus bus, Clock clock, MeterRegistry registry) {
    this.catalog = catalog;
    this.bus = bus;
    this.clock = clock;
    this.registry = registry;
    this.conservation = new Conservation(catalog.accounts(), new BusCounter(bus));
    this.conservationMetrics = new ConservationMetrics(registry);
  }

  private record Lag(ShardStatus status, long watermark) {}

  /** Reads the gauges' values; keeps the last ones when catalog or log do not answer. */
  @Override
  public void refresh() {
    if (!refreshing.tryLock()) {
      return;
    }
    try {
      if (refreshedAt.plus(FRESH).isAfter(clock.instant())) {
        return;
      }
      List<ShardBalance> balances = new ArrayList<>();
      for (TenantId tenant : catalog.tenants().list()) {
        for (ShardAccount account : catalog.accounts().list(tenant)) {
          try {
            balances.add(conservation.measure(account));
          } catch (ShardNotFoundException e) {
            // The log is told of a tenant's shards after the catalog.
            LOG.info("Log does not know the shard yet shard={}", account.shard());
          }
        }
      }
      Map<String, Long> watermarks = new HashMap<>();
      for (ShardBalance balance : balances) {
        watermarks.put(balance.shard().value(), balance.account().watermark());
      }
      for (ShardStatus status : bus.statuses()) {
        String shard = status.shard().value();
        Lag lag = new Lag(status, watermarks.getOrDefault(shard, 0L));
        if (byShard.put(shard, lag) == null) {
          register(shard, status.tenant());
        }
      }
      conservationMetrics.show(balances);
      refreshedAt = clock.instant();
    } catch (CatalogUnavailableException | BusUnavailableException e) {
      LOG.warn("Cannot read the lag for metrics cause=\"{}\"", e.toString());
    } finally {
      refreshing.unlock();
    }
  }

  private void register(String shard, String tenant) {
    Tags tags = Tags.of("tenant", tenant, "shard", shard);
    gauge(
        "duckmesh.backlog.bytes",
        "Bytes accepted and not landed",
        tags,
        shard,
        lag -> lag.status().backlogBytes());
    gauge(
        "duckmesh.backlog.rows",
        "Events accepted and not landed",
        tags,
        shard,
        lag -> lag.status().appendedRows() - lag.status().ackedRows());
    gauge(
        "duckmesh.watermark.lag.segments",
        "Positions above the watermark",
        tags,
        shard,
        lag -> Math.max(0, lag.status().head().value() - lag.watermark()));
    gauge(
        "duckmesh.watermark.lag.seconds",
        "Age of the oldest event that has not landed",
        tags,
        shard,
        this::oldestAgeSeconds);
  }

  private double oldestAgeSeconds(Lag lag) {
    Instant oldest = lag.status().oldestUnacked();
    return oldest == null
        ? 0
        : Math.max(0, Duration.between(oldest, clock.instant()).toMillis()) / 1_000.0;
  }

  private interface Value {
    double of(Lag lag);
  }

  private void gauge(String name, String description, Tags tags, String shard, Value value) {
    Gauge.builder(name, () -> valueOf(byShard.get(shard), value))
        .description(description)
        .tags(tags)
        .strongReference(true)
        .register(registry);
  }

  private static double valueOf(@Nullable Lag lag, Value value) {
    return lag == null ? Double.NaN : value.of(lag);
  }
}

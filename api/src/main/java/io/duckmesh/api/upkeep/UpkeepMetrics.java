package io.duckmesh.api.upkeep;

import io.duckmesh.api.MetricsSource;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.TenantId;
import io.duckmesh.catalog.upkeep.GarbageCounts;
import io.duckmesh.catalog.upkeep.RunTally;
import io.duckmesh.catalog.upkeep.TableFiles;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gauges of files, garbage and runs, read when metrics are asked for, as often as {@link
 * UpkeepBacklog} counts.
 */
public final class UpkeepMetrics implements MetricsSource {
  private static final Logger LOG = LoggerFactory.getLogger(UpkeepMetrics.class);

  private final Catalog catalog;
  private final UpkeepBacklog backlog;
  private final Map<MultiGauge, ToDoubleFunction<TableFiles>> ofTables = new LinkedHashMap<>();
  private final MultiGauge runs;
  private final MultiGauge lastRuns;
  private final ReentrantLock refreshing = new ReentrantLock();
  private volatile @Nullable GarbageCounts garbage;

  public UpkeepMetrics(Catalog catalog, UpkeepBacklog backlog, MeterRegistry registry) {
    this.catalog = catalog;
    this.backlog = backlog;
    ofTable(registry, "files.live", "Files that the newest snapshot has", TableFiles::files);
    ofTable(
        registry,
        "files.small",
        "Of them those that are small and may be merged",
        TableFiles::smallFiles);
    ofTable(
        registry, "files.ended", "Files that only earlier snapshots have", TableFiles::endedFiles);
    ofTable(registry, "files.bytes", "Bytes of live files", TableFiles::bytes);
    ofTable(
        registry,
        "rewrites",
        "How often a row of a live file was rewritten, at most",
        TableFiles::rewrites);
    ofTable(
        registry,
        "write.amplification",
        "Rows written per row of live files, at most",
        UpkeepBacklog::writeAmplification);
    runs =
        MultiGauge.builder("duckmesh.upkeep.runs.remembered")
            .description("Runs that are remembered")
            .register(registry);
    lastRuns =
        MultiGauge.builder("duckmesh.upkeep.last.run.seconds")
            .description("When the last of them began, in seconds since 1970")
            .register(registry);
    ofGarbage(registry, "objects", "Objects that nothing refers to", GarbageCounts::objects);
    ofGarbage(registry, "bytes", "Bytes of garbage", GarbageCounts::bytes);
    ofGarbage(registry, "due", "Garbage that may be deleted now", GarbageCounts::due);
    ofGarbage(registry, "held", "Garbage that a running query keeps", GarbageCounts::held);
    ofGarbage(registry, "failing", "Garbage whose deletion has failed", GarbageCounts::failing);
  }

  private void ofTable(
      MeterRegistry registry, String name, String description, ToDoubleFunction<TableFiles> value) {
    ofTables.put(
        MultiGauge.builder("duckmesh.upkeep." + name).description(description).register(registry),
        value);
  }

  private void ofGarbage(
      MeterRegistry registry,
      String name,
      String description,
      ToLongFunction<GarbageCounts> value) {
    Gauge.builder(
            "duckmesh.garbage." + name,
            () -> {
              GarbageCounts counts = garbage;
              return counts == null ? Double.NaN : value.applyAsLong(counts);
            })
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  /** Reads the gauges' values; keeps the last ones when the catalog does not answer. */
  @Override
  public void refresh() {
    if (!refreshing.tryLock()) {
      return;
    }
    try {
      Map<TenantId, UpkeepBacklog.Counted> counted = new LinkedHashMap<>();
      for (TenantId tenant : catalog.tenants().list()) {
        counted.put(tenant, backlog.of(tenant));
      }
      garbage = backlog.garbage();
      show(counted);
    } catch (CatalogUnavailableException e) {
      LOG.warn("Cannot read the state of upkeep for metrics cause=\"{}\"", e.toString());
    } finally {
      refreshing.unlock();
    }
  }

  private void show(Map<TenantId, UpkeepBacklog.Counted> counted) {
    ofTables.forEach(
        (gauge, value) -> {
          List<MultiGauge.Row<?>> rows = new ArrayList<>();
          counted.forEach(
              (tenant, of) -> {
                for (TableFiles table : of.tables()) {
                  Tags tags = Tags.of("tenant", tenant.value(), "table", table.name());
                  rows.add(MultiGauge.Row.of(tags, value.applyAsDouble(table)));
                }
              });
          gauge.register(rows, true);
        });
    List<MultiGauge.Row<?>> counts = new ArrayList<>();
    List<MultiGauge.Row<?>> lasts = new ArrayList<>();
    counted.forEach(
        (tenant, of) -> {
          for (RunTally tally : of.runs()) {
            Tags tags =
                Tags.of(
                    "tenant",
                    tenant.value(),
                    "job",
                    tally.job().name().toLowerCase(Locale.ROOT),
                    "outcome",
                    tally.state().name().toLowerCase(Locale.ROOT));
            counts.add(MultiGauge.Row.of(tags, tally.runs()));
            lasts.add(MultiGauge.Row.of(tags, tally.lastAt().toEpochMilli() / 1_000.0));
          }
        });
    runs.register(counts, true);
    lastRuns.register(lasts, true);
  }
}

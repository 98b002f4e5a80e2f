package io.duckmesh.activities.materialize;

import io.duckmesh.catalog.Commit;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/** What landing counts and measures, by shard. Rows are counted when they are committed. */
final class MaterializeMetrics {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30)
  };

  private static final String SHARD = "shard";

  private final MeterRegistry registry;

  MaterializeMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  void committed(String shard, Commit commit, long quarantined, Duration took) {
    counter("duckmesh.batches", "Batches landed", shard).increment();
    counter("duckmesh.landed.rows", "Events that became visible", shard)
        .increment(commit.visible());
    counter("duckmesh.duplicate.rows", "Events whose key had landed before", shard)
        .increment(commit.duplicates());
    counter("duckmesh.quarantined.rows", "Events that could not land", shard)
        .increment(quarantined);
    DistributionSummary.builder("duckmesh.batch.rows")
        .description("Events of a landed batch")
        .tag(SHARD, shard)
        .register(registry)
        .record(commit.visible() + commit.duplicates() + quarantined);
    timer("duckmesh.commit", "Committing a batch to the catalog", shard).record(took);
  }

  void written(String shard, Duration took) {
    timer("duckmesh.write", "Writing a batch as data files", shard).record(took);
  }

  void lost(String shard) {
    counter("duckmesh.batch.conflicts", "Batches that somebody else landed or will", shard)
        .increment();
  }

  private Counter counter(String name, String description, String shard) {
    return Counter.builder(name).description(description).tag(SHARD, shard).register(registry);
  }

  private Timer timer(String name, String description, String shard) {
    return Timer.builder(name)
        .description(description)
        .tag(SHARD, shard)
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }
}

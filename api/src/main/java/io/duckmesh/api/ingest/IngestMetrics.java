package io.duckmesh.api.ingest;

import io.duckmesh.catalog.TableId;
import io.duckmesh.catalog.TableInfo;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Counts what was accepted and how long clients waited. */
public final class IngestMetrics {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMillis(5), Duration.ofMillis(10),
    Duration.ofMillis(25), Duration.ofMillis(50), Duration.ofMillis(100), Duration.ofMillis(250),
    Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(30)
  };

  private final MeterRegistry registry;
  private final Map<TableId, TableMeters> byTable = new ConcurrentHashMap<>();
  private final Timer acknowledgement;
  private final Timer landedWait;
  private final Timer timedOutWait;

  public IngestMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.acknowledgement =
        Timer.builder("duckmesh.acknowledgement")
            .description("From the arrival of a request with events until they are durable")
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
    this.landedWait = visibleWait("visible");
    this.timedOutWait = visibleWait("timeout");
  }

  private Timer visibleWait(String outcome) {
    return Timer.builder("duckmesh.visible.wait")
        .description("How long requests waited for events to become visible")
        .tag("outcome", outcome)
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  void accepted(TableInfo table, long rows, long bytes, long nanos) {
    TableMeters meters =
        byTable.computeIfAbsent(
            table.id(),
            id ->
                new TableMeters(
                    counter("duckmesh.accepted.rows", "Events accepted", table),
                    counter("duckmesh.accepted.bytes", "Bytes of accepted bodies", table)));
    meters.rows().increment((double) rows);
    meters.bytes().increment((double) bytes);
    acknowledgement.record(nanos, TimeUnit.NANOSECONDS);
  }

  void waited(long nanos, boolean landed) {
    (landed ? landedWait : timedOutWait).record(nanos, TimeUnit.NANOSECONDS);
  }

  private Counter counter(String name, String description, TableInfo table) {
    return Counter.builder(name)
        .description(description)
        .tag("tenant", table.tenant().value())
        .tag("table", table.name())
        .register(registry);
  }

  private record TableMeters(Counter rows, Counter bytes) {}
}

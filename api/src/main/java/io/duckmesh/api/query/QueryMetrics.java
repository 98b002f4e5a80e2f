package io.duckmesh.api.query;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Counts queries by how they ended. */
public final class QueryMetrics {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(2), Duration.ofMillis(5), Duration.ofMillis(10), Duration.ofMillis(25),
    Duration.ofMillis(50), Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofMillis(500),
    Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofMinutes(2)
  };

  private final MeterRegistry registry;
  private final Map<String, Timer> timers = new ConcurrentHashMap<>();
  private final Counter rows;
  private final Counter bytes;

  public QueryMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.rows =
        Counter.builder("duckmesh.query.rows").description("Rows answered").register(registry);
    this.bytes =
        Counter.builder("duckmesh.query.bytes").description("Bytes answered").register(registry);
    timer("ok");
  }

  void ended(String outcome, long nanos) {
    timer(outcome).record(nanos, TimeUnit.NANOSECONDS);
  }

  void answered(long rowCount, long byteCount) {
    rows.increment((double) rowCount);
    bytes.increment((double) byteCount);
  }

  private Timer timer(String outcome) {
    return timers.computeIfAbsent(
        outcome,
        word ->
            Timer.builder("duckmesh.query")
                .description("From the arrival of a query to the end of its answer")
                .tag("outcome", word)
                .serviceLevelObjectives(BUCKETS)
                .register(registry));
  }
}

package io.duckmesh.api.query;

import io.duckmesh.catalog.QueryReads;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.QueryStats;
import io.duckmesh.catalog.QueryTimes;
import io.duckmesh.engine.query.QueryEngine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** Counts queries by how they ended, where their time went, and what they read. */
public final class QueryMetrics {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(2), Duration.ofMillis(5), Duration.ofMillis(10), Duration.ofMillis(25),
    Duration.ofMillis(50), Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofMillis(500),
    Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofMinutes(2)
  };

  private final MeterRegistry registry;
  private final Map<Ending, Timer> timers = new ConcurrentHashMap<>();
  private final Counter rows;
  private final Counter bytes;
  private final Timer parse;
  private final Timer wait;
  private final Timer queue;
  private final Timer bind;
  private final Timer fetch;
  private final Timer run;
  private final Timer write;
  private final Counter prunedFiles;
  private final Counter cachedFiles;
  private final Counter downloadedFiles;
  private final Counter downloadedBytes;
  private final Counter fileBytes;
  private final Counter dropped;

  public QueryMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.rows = counter("duckmesh.query.rows", "Rows answered");
    this.bytes = counter("duckmesh.query.bytes", "Bytes answered");
    this.parse = phase("parse");
    this.wait = phase("wait");
    this.queue = phase("queue");
    this.bind = phase("bind");
    this.fetch = phase("fetch");
    this.run = phase("run");
    this.write = phase("write");
    this.prunedFiles = files("pruned");
    this.cachedFiles = files("cached");
    this.downloadedFiles = files("downloaded");
    this.downloadedBytes =
        counter("duckmesh.query.downloaded.bytes", "Bytes of files downloaded for queries");
    this.fileBytes = counter("duckmesh.query.file.bytes", "Bytes of files given to queries");
    this.dropped =
        counter(
            "duckmesh.query.history.dropped", "Queries that are missing in the history of queries");
    timer(new Ending("sync", "ok"));
  }

  /** Shows the engine's processes from now on. */
  public void watchProcesses(QueryEngine engine) {
    Gauge.builder("duckmesh.query.processes", engine, each -> each.processes().open())
        .description("Processes of DuckDB that are there")
        .strongReference(true)
        .register(registry);
    Gauge.builder(
            "duckmesh.query.processes.resident.bytes",
            engine,
            each -> each.processes().residentBytes())
        .description("Memory that they take together")
        .strongReference(true)
        .register(registry);
    FunctionCounter.builder(
            "duckmesh.query.processes.started", engine, each -> each.processes().started())
        .description("Processes of DuckDB that were started")
        .register(registry);
    FunctionCounter.builder(
            "duckmesh.query.processes.killed", engine, each -> each.processes().killedForMemory())
        .description("Processes of DuckDB that were ended since they took too much memory")
        .register(registry);
  }

  private record Ending(String mode, String outcome) {}

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  private Timer phase(String name) {
    return Timer.builder("duckmesh.query.phase")
        .description("Time of queries in each phase")
        .tag("phase", name)
        .register(registry);
  }

  private Counter files(String source) {
    return Counter.builder("duckmesh.query.files")
        .description("Files of queries: not needed, on the gateway already, or downloaded")
        .tag("source", source)
        .register(registry);
  }

  void ended(TrackedQuery query, String outcome) {
    timer(new Ending(query.mode().name().toLowerCase(Locale.ROOT), outcome))
        .record(query.phases().elapsedNanos(), TimeUnit.NANOSECONDS);
    QueryStats stats = query.stats();
    rows.increment((double) stats.rowCount());
    bytes.increment((double) stats.byteCount());
    QueryTimes times = stats.times();
    record(parse, times.parse());
    record(wait, times.await());
    record(queue, times.queue());
    record(bind, times.bind());
    record(fetch, times.fetch());
    record(run, times.run());
    record(write, times.write());
    QueryReads reads = stats.reads();
    prunedFiles.increment((double) reads.prunedFiles());
    cachedFiles.increment((double) reads.cachedFiles());
    downloadedFiles.increment((double) reads.downloadedFiles());
    downloadedBytes.increment((double) reads.downloadedBytes());
    fileBytes.increment((double) reads.bytes());
  }

  /** A phase that was not entered is not counted, so that averages say something. */
  private static void record(Timer phase, Duration time) {
    if (!time.isZero()) {
      phase.record(time);
    }
  }

  /** Counts queries whose end was not kept. */
  void dropped(long count) {
    dropped.increment((double) count);
  }

  void watchHistory(IntSupplier waiting) {
    Gauge.builder("duckmesh.query.history.waiting", waiting::getAsInt)
        .description("Queries that are not yet in the history of queries")
        .strongReference(true)
        .register(registry);
  }

  /** Lets the registry ask how many queries run. */
  public void watchRunning(RunningQueries running) {
    for (QueryRecord.Mode mode : QueryRecord.Mode.values()) {
      Gauge.builder("duckmesh.query.running", () -> running.count(mode))
          .description("Queries that this gateway runs")
          .tag("mode", mode.name().toLowerCase(Locale.ROOT))
          .strongReference(true)
          .register(registry);
    }
  }

  private Timer timer(Ending ending) {
    return timers.computeIfAbsent(
        ending,
        key ->
            Timer.builder("duckmesh.query")
                .description("From the arrival of a query to the end of its answer")
                .tag("mode", key.mode())
                .tag("outcome", key.outcome())
                .serviceLevelObjectives(BUCKETS)
                .register(registry));
  }
}

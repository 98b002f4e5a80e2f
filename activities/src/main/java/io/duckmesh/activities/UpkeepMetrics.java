package io.duckmesh.activities;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/**
 * What the jobs of upkeep count and measure. Counted when it is done, by the process that did it.
 */
public final class UpkeepMetrics {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(50),
    Duration.ofMillis(250),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30),
    Duration.ofMinutes(5)
  };

  private final MeterRegistry registry;

  public UpkeepMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** A run was recorded. */
  public void ended(String job, String outcome) {
    Counter.builder("duckmesh.upkeep.runs")
        .description("Runs of jobs that ended")
        .tag("job", job)
        .tag("outcome", outcome)
        .register(registry)
        .increment();
  }

  /** The new file of a rewrite was written. */
  public void rewritten(String kind, long bytesIn, long bytesOut, Duration took) {
    counter("duckmesh.rewrite.read.bytes", "Bytes of files that were read to be rewritten", kind)
        .increment(bytesIn);
    counter("duckmesh.rewrite.written.bytes", "Bytes of files that take their place", kind)
        .increment(bytesOut);
    Timer.builder("duckmesh.rewrite")
        .description("Rewriting a group of files")
        .tag("kind", kind)
        .serviceLevelObjectives(BUCKETS)
        .register(registry)
        .record(took);
  }

  /** A rewrite was published. */
  public void published(String kind, int filesIn, int filesOut, long rows) {
    counter("duckmesh.rewrite.ended.files", "Files that others took the place of", kind)
        .increment(filesIn);
    counter("duckmesh.rewrite.begun.files", "Files that took their place", kind)
        .increment(filesOut);
    counter("duckmesh.rewrite.rows", "Rows of files that were rewritten", kind).increment(rows);
  }

  /** Others were faster than a rewrite. */
  public void conflicted(String kind) {
    counter("duckmesh.rewrite.conflicts", "Rewrites that others were faster than", kind)
        .increment();
  }

  /** A rewrite can not be done until somebody mends its cause. */
  public void failed(String kind) {
    counter("duckmesh.rewrite.failures", "Rewrites that failed for good", kind).increment();
  }

  /** Snapshots expired. */
  public void expired(long snapshots) {
    counter("duckmesh.expired.snapshots", "Snapshots that can not be read any more")
        .increment(snapshots);
  }

  /** Objects became garbage. */
  public void marked(long objects, long bytes) {
    counter("duckmesh.marked.objects", "Objects that became garbage").increment(objects);
    counter("duckmesh.marked.bytes", "Bytes of objects that became garbage").increment(bytes);
  }

  /** Garbage was deleted. */
  public void deleted(long objects, long bytes) {
    counter("duckmesh.deleted.objects", "Objects that were deleted").increment(objects);
    counter("duckmesh.deleted.bytes", "Bytes of objects that were deleted").increment(bytes);
  }

  /** Garbage could not be deleted; it is tried again. */
  public void undeleted(long objects) {
    counter("duckmesh.delete.failures", "Objects whose deletion failed").increment(objects);
  }

  private Counter counter(String name, String description, String kind) {
    return Counter.builder(name).description(description).tag("kind", kind).register(registry);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }
}

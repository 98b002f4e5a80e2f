package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.duckdb.process.DuckDbProcess;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees which processes take more memory than they may. DuckDB's own limit does not count what its
 * functions hold for the rows at hand, so this is the net below it.
 */
final class MemoryWatch {
  private static final Logger log = LoggerFactory.getLogger(MemoryWatch.class);

  private final LongFunction<OptionalLong> residentBytes;
  private final long processBytes;
  private final long allBytes;

  /**
   * @param residentBytes what the process of that number takes, nothing if it can not be told
   * @param processBytes most bytes of one process
   * @param allBytes most bytes of all together
   */
  MemoryWatch(LongFunction<OptionalLong> residentBytes, long processBytes, long allBytes) {
    this.residentBytes = residentBytes;
    this.processBytes = processBytes;
    this.allBytes = allBytes;
  }

  /** Watches the processes of instances; sees nothing where the system does not tell. */
  static MemoryWatch of(DuckDbOptions options) {
    return new MemoryWatch(
        DuckDbProcess::residentBytes,
        options.hardMemoryBytes(),
        Math.max(options.hardMemoryBytes(), options.processMemoryBytes()));
  }

  /** What the processes of the instances take together, as far as the system tells. */
  long residentBytes(Collection<TenantInstance> instances) {
    return instances.stream()
        .mapToLong(instance -> residentBytes.apply(instance.pid()).orElse(0))
        .sum();
  }

  /**
   * Those that take too much, and the largest if all together do: of those without queries, if
   * there are any.
   */
  List<TenantInstance> excess(Collection<TenantInstance> instances) {
    List<TenantInstance> excess = new ArrayList<>();
    TenantInstance largest = null;
    long most = 0;
    boolean mostIsIdle = false;
    long sum = 0;
    for (TenantInstance instance : instances) {
      long bytes = residentBytes.apply(instance.pid()).orElse(0);
      sum += bytes;
      boolean idle = instance.idleNanos() > 0;
      if (idle == mostIsIdle ? bytes > most : idle) {
        most = bytes;
        mostIsIdle = idle;
        largest = instance;
      }
      if (bytes > processBytes) {
        log.warn(
            "Query process takes too much memory pid={} resident_bytes={} limit_bytes={}",
            instance.pid(),
            bytes,
            processBytes);
        excess.add(instance);
      }
    }
    if (largest != null && excess.isEmpty() && sum > allBytes) {
      log.warn(
          "Query processes take too much memory resident_bytes={} limit_bytes={} largest_pid={}",
          sum,
          allBytes,
          largest.pid());
      excess.add(largest);
    }
    return excess;
  }
}

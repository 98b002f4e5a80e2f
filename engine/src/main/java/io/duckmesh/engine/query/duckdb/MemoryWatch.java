package io.duckmesh.engine.query.duckdb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private static final long PAGE_BYTES = 4096;

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
        MemoryWatch::resident,
        options.hardMemoryBytes(),
        Math.max(options.hardMemoryBytes(), options.processMemoryBytes()));
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

  /** What the process takes, nothing where the system does not tell. */
  static OptionalLong resident(long pid) {
    Path memory = Path.of("/proc/%d/statm".formatted(pid));
    try {
      if (!Files.isReadable(memory)) {
        return OptionalLong.empty();
      }
      String[] pages = Files.readString(memory, StandardCharsets.US_ASCII).split(" ");
      return OptionalLong.of(Long.parseLong(pages[1]) * PAGE_BYTES);
    } catch (IOException e) {
      log.debug("Cannot read memory of process pid={}", pid, e);
      return OptionalLong.empty();
    }
  }
}

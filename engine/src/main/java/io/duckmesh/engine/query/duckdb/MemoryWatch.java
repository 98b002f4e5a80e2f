package io.duckmesh.engine.query.duckdb;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees when the process is about to take more memory than the machine has. DuckDB's own limit does
 * not count what its functions hold for the rows at hand, so this is the net below it.
 */
final class MemoryWatch {
  private static final Logger log = LoggerFactory.getLogger(MemoryWatch.class);
  private static final Path STATM = Path.of("/proc/self/statm");
  private static final long PAGE_BYTES = 4096;

  /** Of the machine's or the container's memory. */
  private static final double SHARE = 0.8;

  private final Supplier<OptionalLong> residentBytes;
  private final long limitBytes;

  MemoryWatch(Supplier<OptionalLong> residentBytes, long limitBytes) {
    this.residentBytes = residentBytes;
    this.limitBytes = limitBytes;
  }

  /** Watches this process; sees nothing where the system does not tell. */
  static MemoryWatch ofThisProcess() {
    long total =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    return new MemoryWatch(MemoryWatch::resident, (long) (total * SHARE));
  }

  /** Whether the process takes more than its share. */
  boolean isOver() {
    OptionalLong resident = residentBytes.get();
    if (resident.isEmpty() || resident.getAsLong() <= limitBytes) {
      return false;
    }
    log.warn(
        "Process takes too much memory resident_bytes={} limit_bytes={}",
        resident.getAsLong(),
        limitBytes);
    return true;
  }

  private static OptionalLong resident() {
    try {
      if (!Files.isReadable(STATM)) {
        return OptionalLong.empty();
      }
      String[] pages = Files.readString(STATM, StandardCharsets.US_ASCII).split(" ");
      return OptionalLong.of(Long.parseLong(pages[1]) * PAGE_BYTES);
    } catch (IOException e) {
      log.debug("Cannot read memory of the process", e);
      return OptionalLong.empty();
    }
  }
}

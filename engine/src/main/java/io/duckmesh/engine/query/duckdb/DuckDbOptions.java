package io.duckmesh.engine.query.duckdb;

import static java.util.Objects.requireNonNull;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What DuckDB may take of the machine.
 *
 * @param spillDirectory where queries spill what does not fit into memory; engines may share it,
 *     and each deletes its own
 * @param spillBytes most bytes that one tenant's instance spills
 * @param memoryBytes most memory of one tenant's instance
 * @param processMemoryBytes most memory of all instances together: so many have queries at once
 *     that their limits add up to it, and at least one; past it a further tenant waits. Idle ones
 *     take little, so more of them are kept
 * @param threads threads of one tenant's instance
 * @param maxTenants instances that are open at once, at most; past it the one that was idle longest
 *     closes
 * @param idleAfter how long an instance stays open without queries
 * @param concurrentQueries queries of one tenant that run at once
 * @param waitingQueries queries of one tenant that wait for a slot; past it they are refused at
 *     once
 * @param maxWait how long a query waits for a slot, or for its tenant's instance
 */
public record DuckDbOptions(
    Path spillDirectory,
    long spillBytes,
    long memoryBytes,
    long processMemoryBytes,
    int threads,
    int maxTenants,
    Duration idleAfter,
    int concurrentQueries,
    int waitingQueries,
    Duration maxWait) {

  private static final long BESIDE_DUCKDB_BYTES = 512L << 20;

  /** Somewhat more than what an instance takes that has run small queries. */
  private static final long IDLE_BYTES = 192L << 20;

  public DuckDbOptions {
    requireNonNull(spillDirectory, "spillDirectory is null");
    requireNonNull(idleAfter, "idleAfter is null");
    requireNonNull(maxWait, "maxWait is null");
    if (spillBytes < 1
        || memoryBytes < 1
        || processMemoryBytes < 1
        || threads < 1
        || maxTenants < 1
        || concurrentQueries < 1
        || waitingQueries < 0) {
      throw new IllegalArgumentException(
          ("Not possible: %d bytes to spill, %d bytes of memory, %d threads, %d tenants, %d queries"
                  + " at once, %d waiting")
              .formatted(
                  spillBytes, memoryBytes, threads, maxTenants, concurrentQueries, waitingQueries));
    }
  }

  /** Options that fit a machine which does other work besides. */
  public static DuckDbOptions defaults(Path spillDirectory) {
    return new DuckDbOptions(
        spillDirectory,
        10L << 30,
        1L << 30,
        Math.max(1L << 30, physicalMemoryBytes() / 2),
        Math.max(2, Runtime.getRuntime().availableProcessors()),
        64,
        Duration.ofMinutes(10),
        8,
        64,
        Duration.ofSeconds(5));
  }

  private static long physicalMemoryBytes() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : 4L << 30;
  }

  /** How many instances may have queries at once. */
  int maxBusyInstances() {
    return (int) Math.clamp(processMemoryBytes / memoryBytes, 1, maxTenants);
  }

  /** How many instances may be open at once, with queries or without. */
  int maxOpenInstances() {
    return (int) Math.clamp(processMemoryBytes / IDLE_BYTES, maxBusyInstances(), maxTenants);
  }

  /**
   * Most memory of the process that an instance is: DuckDB's own limit leaves out what is held for
   * the rows at hand, and the program around it takes some, too.
   */
  long hardMemoryBytes() {
    return memoryBytes + memoryBytes / 2 + BESIDE_DUCKDB_BYTES;
  }

  public DuckDbOptions withProcessMemoryBytes(long processMemoryBytes) {
    return new DuckDbOptions(
        spillDirectory,
        spillBytes,
        memoryBytes,
        processMemoryBytes,
        threads,
        maxTenants,
        idleAfter,
        concurrentQueries,
        waitingQueries,
        maxWait);
  }

  public DuckDbOptions withSpillBytes(long spillBytes) {
    return new DuckDbOptions(
        spillDirectory,
        spillBytes,
        memoryBytes,
        processMemoryBytes,
        threads,
        maxTenants,
        idleAfter,
        concurrentQueries,
        waitingQueries,
        maxWait);
  }

  public DuckDbOptions withMemoryBytes(long memoryBytes) {
    return new DuckDbOptions(
        spillDirectory,
        spillBytes,
        memoryBytes,
        processMemoryBytes,
        threads,
        maxTenants,
        idleAfter,
        concurrentQueries,
        waitingQueries,
        maxWait);
  }

  public DuckDbOptions withThreads(int threads) {
    return new DuckDbOptions(
        spillDirectory,
        spillBytes,
        memoryBytes,
        processMemoryBytes,
        threads,
        maxTenants,
        idleAfter,
        concurrentQueries,
        waitingQueries,
        maxWait);
  }

  public DuckDbOptions withTenants(int maxTenants, Duration idleAfter) {
    return new DuckDbOptions(
        spillDirectory,
        spillBytes,
        memoryBytes,
        processMemoryBytes,
        threads,
        maxTenants,
        idleAfter,
        concurrentQueries,
        waitingQueries,
        maxWait);
  }

  public DuckDbOptions withConcurrency(
      int concurrentQueries, int waitingQueries, Duration maxWait) {
    return new DuckDbOptions(
        spillDirectory,
        spillBytes,
        memoryBytes,
        processMemoryBytes,
        threads,
        maxTenants,
        idleAfter,
        concurrentQueries,
        waitingQueries,
        maxWait);
  }
}

package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.QueryCancellation;
import io.duckmesh.engine.query.QueryCancelledException;
import io.duckmesh.engine.query.QueryOverloadedException;
import io.duckmesh.engine.query.QueryProcesses;
import io.duckmesh.engine.query.QueryUnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The instances that are open: at most so many at once, fewer with queries, each closed when it was
 * idle for a while, its memory watched. May be used from any thread.
 */
final class TenantInstances implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(TenantInstances.class);

  /** How often the memory of instances is looked at, and whether statements have ended. */
  private static final long WATCH_MILLIS = 20;

  /** How soon a query that waits for its tenant's instance notices that it was cancelled. */
  private static final long ROOM_LOOK_MILLIS = 50;

  private final DuckDbOptions options;
  private final Path filesRoot;
  private final WorkThreads threads;
  private final SpillFolders spill;
  private final MemoryWatch memory;
  private final ScheduledThreadPoolExecutor keeper;
  private final SpareProcess spares;

  /** Also the lock of what is below. */
  private final Map<InstanceKey, TenantInstance> instances = new LinkedHashMap<>();

  private final Map<String, TenantInstance.Slots> slots = new HashMap<>();

  /** DuckDB's threads are an instance's, so a tenant may have a second one that has one only. */
  private record InstanceKey(String tenant, boolean oneThread) {}

  /** Those that are closing included, since they still hold memory. */
  private final Set<TenantInstance> open = new HashSet<>();

  /** What is being opened, by one thread each. */
  private final Set<InstanceKey> opening = new HashSet<>();

  private long started;
  private long lostToMemory;
  private boolean closed;

  private TenantInstances(
      Path filesRoot,
      DuckDbOptions options,
      WorkThreads threads,
      MemoryWatch memory,
      SpillFolders spill,
      ScheduledThreadPoolExecutor keeper,
      SpareProcess spares) {
    this.filesRoot = filesRoot;
    this.options = options;
    this.threads = threads;
    this.memory = memory;
    this.spill = spill;
    this.keeper = keeper;
    this.spares = spares;
  }

  /**
   * Nothing is opened but the spare process, which is begun.
   *
   * @param filesRoot the folder that has the tenants' folders
   * @param allocator of the answers, closed by the caller after this
   */
  static TenantInstances open(
      Path filesRoot,
      DuckDbOptions options,
      WorkThreads threads,
      MemoryWatch memory,
      BufferAllocator allocator) {
    SpillFolders spill = SpillFolders.open(options.spillDirectory());
    // Closing an instance waits for its process, and time limits should not.
    ScheduledThreadPoolExecutor keeper =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("query-processes").daemon().factory());
    SpareProcess spares = SpareProcess.open(threads, allocator, keeper);
    TenantInstances opened =
        new TenantInstances(filesRoot, options, threads, memory, spill, keeper, spares);
    long period = Math.max(1, options.idleAfter().toMillis() / 4);
    var unused =
        keeper.scheduleWithFixedDelay(opened::closeIdle, period, period, TimeUnit.MILLISECONDS);
    var alsoUnused =
        keeper.scheduleWithFixedDelay(
            opened::watch, WATCH_MILLIS, WATCH_MILLIS, TimeUnit.MILLISECONDS);
    return opened;
  }

  /**
   * The tenant's instance, found or opened, with the query as a user of it; who gets it calls
   * {@link TenantInstance#leave}. Waits while there is room for no other.
   *
   * @throws QueryOverloadedException if there was no room in time
   * @throws QueryUnavailableException if no process can be started
   * @throws QueryCancelledException if the query was cancelled, or its thread interrupted,
   *     meanwhile
   * @throws IllegalStateException if this is closed
   */
  TenantInstance enter(
      String queryId, String tenant, boolean oneThread, QueryCancellation cancellation) {
    InstanceKey key = new InstanceKey(tenant, oneThread);
    long start = System.nanoTime();
    while (true) {
      TenantInstance instance = find(key);
      if (instance == null) {
        instance = threads.call(() -> open(key)).orElse(null);
      }
      if (instance != null) {
        return instance;
      }
      if (cancellation.isCancelled()) {
        throw new QueryCancelledException("Query %s was cancelled".formatted(queryId));
      }
      long waited = System.nanoTime() - start;
      if (waited > options.maxWait().toNanos() && !isOpening(key)) {
        TenantInstance justOpened = find(key);
        if (justOpened != null) {
          return justOpened;
        }
        throw new QueryOverloadedException(
            "%d other tenants compute, which is the limit, and others came first for %d ms"
                .formatted(options.maxBusyInstances(), options.maxWait().toMillis()));
      }
      awaitRoom(queryId);
    }
  }

  /** Another thread opens it, so it will be there soon. */
  private boolean isOpening(InstanceKey key) {
    synchronized (instances) {
      return opening.contains(key);
    }
  }

  private @Nullable TenantInstance find(InstanceKey key) {
    synchronized (instances) {
      TenantInstance instance = closed ? null : instances.get(key);
      if (instance == null || !(instance.isBusy() || hasRoom()) || !instance.enter()) {
        return null;
      }
      instances.remove(key);
      instances.put(key, instance);
      return instance;
    }
  }

  /**
   * Opens an instance, in place of the one that was idle longest if there are many; none while too
   * many have queries, or while another thread opens the same one.
   */
  private Optional<TenantInstance> open(InstanceKey key) {
    TenantInstance surplus;
    synchronized (instances) {
      if (closed) {
        throw new IllegalStateException("The query engine is closed");
      }
      TenantInstance instance = find(key);
      if (instance != null) {
        return Optional.of(instance);
      }
      if (opening.contains(key) || !hasRoom()) {
        return Optional.empty();
      }
      if (open.size() + opening.size() < options.maxOpenInstances()) {
        opening.add(key);
        surplus = null;
      } else {
        surplus = takeLongestIdle();
        if (surplus == null) {
          return Optional.empty();
        }
      }
    }
    if (surplus == null) {
      return Optional.of(openAnnounced(key));
    }
    // Its memory has to be free before that of another may be taken.
    surplus.retire();
    return open(key);
  }

  /** Starting a process takes its time, in which others find theirs. */
  private TenantInstance openAnnounced(InstanceKey key) {
    TenantInstance instance = null;
    try {
      TenantInstance.Slots shared;
      synchronized (instances) {
        shared =
            slots.computeIfAbsent(
                key.tenant(), tenant -> new TenantInstance.Slots(options.concurrentQueries()));
      }
      instance = openSurely(key, shared);
      if (!instance.enter()) {
        throw new IllegalStateException("A new instance is closed");
      }
      return instance;
    } finally {
      opened(key, instance);
    }
  }

  /** Under the lock: whether one more instance may have queries. */
  private boolean hasRoom() {
    long busy = open.stream().filter(TenantInstance::isBusy).count();
    return busy + opening.size() < options.maxBusyInstances();
  }

  /** A process that ends at once may have been in the way of others; the next one is not. */
  private TenantInstance openSurely(InstanceKey key, TenantInstance.Slots shared) {
    try {
      return openOnce(key, shared);
    } catch (IOException e) {
      log.warn("Opening DuckDB again, since its process has ended tenant={}", key.tenant(), e);
    }
    try {
      return openOnce(key, shared);
    } catch (IOException e) {
      throw new QueryUnavailableException("No process can be started for queries right now", e);
    }
  }

  private TenantInstance openOnce(InstanceKey key, TenantInstance.Slots shared) throws IOException {
    return TenantInstance.open(
        key.tenant(),
        spares.take(),
        filesRoot,
        spill.next(),
        key.oneThread() ? options.withThreads(1) : options,
        shared,
        this::instanceClosed);
  }

  private void opened(InstanceKey key, @Nullable TenantInstance instance) {
    boolean late = false;
    synchronized (instances) {
      opening.remove(key);
      if (instance != null) {
        open.add(instance);
        started++;
        late = closed;
        if (!late) {
          instances.put(key, instance);
        }
      }
      instances.notifyAll();
    }
    if (instance != null && late) {
      instance.retire();
    }
  }

  private @Nullable TenantInstance takeLongestIdle() {
    InstanceKey key = null;
    long longest = 0;
    for (Map.Entry<InstanceKey, TenantInstance> entry : instances.entrySet()) {
      long idle = entry.getValue().idleNanos();
      if (idle > longest) {
        longest = idle;
        key = entry.getKey();
      }
    }
    return key == null ? null : instances.remove(key);
  }

  private void instanceClosed(TenantInstance instance) {
    synchronized (instances) {
      if (open.remove(instance) && instance.lostToMemory()) {
        lostToMemory++;
      }
      instances.notifyAll();
    }
  }

  private void awaitRoom(String queryId) {
    synchronized (instances) {
      try {
        instances.wait(ROOM_LOOK_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new QueryCancelledException("Query %s was interrupted".formatted(queryId), e);
      }
    }
  }

  private void closeIdle() {
    List<TenantInstance> idle = new ArrayList<>();
    synchronized (instances) {
      instances
          .values()
          .removeIf(
              instance -> {
                boolean over = instance.idleNanos() > options.idleAfter().toNanos();
                if (over) {
                  idle.add(instance);
                }
                return over;
              });
    }
    idle.forEach(TenantInstance::retire);
  }

  private void watch() {
    List<TenantInstance> watched;
    synchronized (instances) {
      watched = List.copyOf(open);
    }
    memory.excess(watched).forEach(TenantInstance::endForMemory);
    watched.forEach(TenantInstance::endLeftStatements);
  }

  /** What there is of processes; the spare one is none yet. */
  QueryProcesses processes() {
    List<TenantInstance> there;
    long startedSoFar;
    long lostSoFar;
    synchronized (instances) {
      there = List.copyOf(open);
      startedSoFar = started;
      lostSoFar = lostToMemory;
    }
    return new QueryProcesses(there.size(), startedSoFar, lostSoFar, memory.residentBytes(there));
  }

  /** Lets those who wait for room look again. */
  void wakeWaiting() {
    synchronized (instances) {
      instances.notifyAll();
    }
  }

  /** From now on nobody enters; who is in may go on until {@link #close}. */
  void letNobodyIn() {
    synchronized (instances) {
      closed = true;
      instances.notifyAll();
    }
  }

  /** Closes each instance as soon as its last user leaves, and the spare process. */
  @Override
  public void close() {
    List<TenantInstance> left;
    synchronized (instances) {
      closed = true;
      left = List.copyOf(instances.values());
      instances.clear();
    }
    keeper.shutdownNow();
    left.forEach(TenantInstance::retire);
    spares.close();
    spill.close();
  }
}

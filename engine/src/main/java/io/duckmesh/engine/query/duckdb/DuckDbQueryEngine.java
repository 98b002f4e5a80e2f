package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.cache.CachedObject;
import io.duckmesh.engine.objects.cache.Lease;
import io.duckmesh.engine.objects.cache.ObjectCache;
import io.duckmesh.engine.query.BoundTable;
import io.duckmesh.engine.query.CheckedQuery;
import io.duckmesh.engine.query.QueryCancellation;
import io.duckmesh.engine.query.QueryCancelledException;
import io.duckmesh.engine.query.QueryEngine;
import io.duckmesh.engine.query.QueryExecution;
import io.duckmesh.engine.query.QueryLimits;
import io.duckmesh.engine.query.QueryMeter;
import io.duckmesh.engine.query.QueryParameters;
import io.duckmesh.engine.query.QueryProcesses;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.ResultFormat;
import io.duckmesh.engine.query.TableReference;
import io.duckmesh.engine.query.pruning.Scan;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Queries on one locked DuckDB per tenant, each in a process of its own. */
final class DuckDbQueryEngine implements QueryEngine {
  private static final Logger log = LoggerFactory.getLogger(DuckDbQueryEngine.class);

  /** How long closing waits for cancelled queries, which end within milliseconds. */
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

  /** A tenant's name is a folder's name; anything that could lead elsewhere is no tenant. */
  private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9_=-][A-Za-z0-9._=-]*");

  private final ObjectCache cache;
  private final WorkThreads threads;
  private final QueryGuard guard;
  private final BufferAllocator allocator;
  private final TenantInstances instances;
  private final ScheduledThreadPoolExecutor watchdog;

  /** Also the lock of what is below. */
  private final Set<DuckDbExecution> running = new HashSet<>();

  private boolean closed;

  private DuckDbQueryEngine(
      ObjectCache cache,
      WorkThreads threads,
      QueryGuard guard,
      BufferAllocator allocator,
      TenantInstances instances) {
    this.cache = cache;
    this.threads = threads;
    this.guard = guard;
    this.allocator = allocator;
    this.instances = instances;
    this.watchdog =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("query-watchdog").daemon().factory());
    watchdog.setRemoveOnCancelPolicy(true);
  }

  static DuckDbQueryEngine open(ObjectCache cache, DuckDbOptions options) {
    return open(cache, options, MemoryWatch.of(options));
  }

  static DuckDbQueryEngine open(ObjectCache cache, DuckDbOptions options, MemoryWatch memory) {
    Path filesRoot = cache.root().toAbsolutePath().normalize();
    WorkThreads threads = new WorkThreads();
    BufferAllocator allocator = new RootAllocator();
    TenantInstances instances =
        TenantInstances.open(filesRoot, options, threads, memory, allocator);
    return new DuckDbQueryEngine(
        cache, threads, QueryGuard.open(allocator, threads), allocator, instances);
  }

  @Override
  public CheckedQuery check(String sql) {
    return guard.check(sql);
  }

  @Override
  public QueryExecution start(
      String queryId,
      String tenant,
      CheckedQuery query,
      List<BoundTable> tables,
      QueryParameters parameters,
      QueryLimits limits) {
    return start(queryId, tenant, query, tables, parameters, limits, new QueryCancellation());
  }

  @Override
  public QueryExecution start(
      String queryId,
      String tenant,
      CheckedQuery query,
      List<BoundTable> tables,
      QueryParameters parameters,
      QueryLimits limits,
      QueryCancellation cancellation) {
    return start(
        queryId, tenant, query, tables, parameters, limits, cancellation, new QueryMeter());
  }

  @Override
  public QueryExecution start(
      String queryId,
      String tenant,
      CheckedQuery query,
      List<BoundTable> tables,
      QueryParameters parameters,
      QueryLimits limits,
      QueryCancellation cancellation,
      QueryMeter meter) {
    checkTenant(tenant);
    requireAllBound(query, tables);
    long begun = System.nanoTime();
    try {
      return startOnce(
          queryId, tenant, query, tables, parameters, limits, cancellation, meter, true);
    } catch (InstanceLostException e) {
      Duration left = limits.timeout().minusNanos(System.nanoTime() - begun);
      if (cancellation.isCancelled() || left.isNegative() || left.isZero()) {
        throw e;
      }
      // Another query may have been the reason, and nothing of this one was seen.
      log.warn("Running again on a new instance query_id={} tenant={}", queryId, tenant);
      return startOnce(
          queryId,
          tenant,
          query,
          tables,
          parameters,
          limits.withTimeout(left),
          cancellation,
          meter,
          true);
    }
  }

  /**
   * @param needsSlot whether the tenant's other queries have one less meanwhile
   */
  private QueryExecution startOnce(
      String queryId,
      String tenant,
      CheckedQuery query,
      List<BoundTable> tables,
      QueryParameters parameters,
      QueryLimits limits,
      QueryCancellation cancellation,
      QueryMeter meter,
      boolean needsSlot) {
    RunnableStatement statement = guard.runnable(query, parameters);
    List<@Nullable Object> values = statement.values(parameters);
    List<Binding> bindings = bindings(tenant, statement, tables, values);
    for (Binding binding : bindings) {
      meter.pruned(binding.prunedFiles());
    }
    TenantInstance instance = instances.enter(queryId, tenant, limits.oneThread(), cancellation);
    DuckDbExecution execution =
        new DuckDbExecution(
            queryId, instance, watchdog, threads, allocator, limits, meter, this::ended);
    boolean started = false;
    try {
      begun(execution);
      cancellation.onCancel(execution::cancel);
      meter.enter(QueryMeter.Phase.QUEUE);
      execution.prepare(
          () -> {
            meter.enter(QueryMeter.Phase.FETCH);
            return lease(bindings, meter);
          },
          needsSlot);
      meter.enter(QueryMeter.Phase.BIND);
      execution.run(statement, bindings, query.listed(), values);
      started = true;
      return execution;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueryCancelledException("Query %s was interrupted".formatted(queryId), e);
    } finally {
      meter.end();
      if (!started) {
        execution.close();
      }
    }
  }

  /**
   * Every name has to be a bound table: DuckDB would look for a name that is none of our views
   * among its own relations, and then among files.
   */
  private static void requireAllBound(CheckedQuery query, List<BoundTable> tables) {
    Set<String> bound = new HashSet<>();
    for (BoundTable table : tables) {
      bound.add(DuckDbSql.viewName(table.reference()));
    }
    for (TableReference reference : query.tables()) {
      if (!bound.contains(DuckDbSql.viewName(reference))) {
        throw new QueryRejectedException("Table %s does not exist".formatted(reference.name()));
      }
    }
  }

  /** The tables with the files that the statement needs, which have to be the tenant's. */
  private static List<Binding> bindings(
      String tenant,
      RunnableStatement statement,
      List<BoundTable> tables,
      List<? extends @Nullable Object> parameters) {
    String folder = tenant + "/";
    List<Binding> bindings = new ArrayList<>(tables.size());
    for (BoundTable table : tables) {
      List<Scan> scans = statement.scans().get(DuckDbSql.viewName(table.reference()));
      Binding binding = Binding.of(table, scans, Literals.values(parameters));
      for (BoundTable.TableFile file : binding.files()) {
        if (!file.key().value().startsWith(folder)) {
          throw new IllegalArgumentException(
              "File %s of table %s is not of tenant %s"
                  .formatted(file.key(), table.reference().name(), tenant));
        }
      }
      bindings.add(binding);
    }
    return bindings;
  }

  private List<Lease> lease(List<Binding> bindings, QueryMeter meter) throws InterruptedException {
    Map<ObjectKey, CachedObject> objects = new LinkedHashMap<>();
    for (Binding binding : bindings) {
      for (BoundTable.TableFile file : binding.files()) {
        objects.put(file.key(), cached(file));
      }
    }
    List<Lease> leases = cache.acquireAll(objects.values());
    long bytes = 0;
    long downloaded = 0;
    long downloadedBytes = 0;
    Iterator<Lease> lease = leases.iterator();
    for (CachedObject object : objects.values()) {
      bytes += object.sizeBytes();
      if (lease.next().downloaded()) {
        downloaded++;
        downloadedBytes += object.sizeBytes();
      }
    }
    meter.gave(new QueryMeter.Files(objects.size(), bytes, downloaded, downloadedBytes));
    return leases;
  }

  private static CachedObject cached(BoundTable.TableFile file) {
    return new CachedObject(file.key(), file.sizeBytes(), file.contentHash());
  }

  @Override
  public void prefetch(BoundTable.TableFile file) throws InterruptedException {
    cache.acquireAll(List.of(cached(file))).forEach(Lease::close);
  }

  @Override
  public void warm(String tenant) {
    checkTenant(tenant);
    // A statement goes the whole way, so that its code is loaded, too; no query waits for it.
    try (QueryExecution execution =
        startOnce(
            "warm-up",
            tenant,
            check("SELECT 1"),
            List.of(),
            QueryParameters.NONE,
            QueryLimits.DEFAULTS,
            new QueryCancellation(),
            new QueryMeter(),
            false)) {
      execution.write(ResultFormat.JSON_ROWS, OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new UncheckedIOException("Writing nowhere failed", e);
    }
  }

  private static void checkTenant(String tenant) {
    if (!TENANT.matcher(tenant).matches()) {
      throw new IllegalArgumentException("Not a tenant: " + tenant);
    }
  }

  private void begun(DuckDbExecution execution) {
    synchronized (running) {
      running.add(execution);
      if (closed) {
        execution.cancel();
      }
    }
  }

  private void ended(DuckDbExecution execution) {
    synchronized (running) {
      running.remove(execution);
      running.notifyAll();
    }
    instances.wakeWaiting();
  }

  @Override
  public QueryProcesses processes() {
    return instances.processes();
  }

  @Override
  public String version() {
    return "duckdb " + guard.version();
  }

  @Override
  public void close() {
    instances.letNobodyIn();
    synchronized (running) {
      if (closed) {
        return;
      }
      closed = true;
      running.forEach(DuckDbExecution::cancel);
      awaitRunning();
    }
    watchdog.shutdownNow();
    instances.close();
    guard.close();
    threads.close();
    allocator.close();
  }

  /** Under the lock: gives cancelled queries the time to end in their own threads. */
  private void awaitRunning() {
    long deadline = System.nanoTime() + CLOSE_WAIT.toNanos();
    try {
      long left = CLOSE_WAIT.toMillis();
      while (!running.isEmpty() && left > 0) {
        running.wait(left);
        left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!running.isEmpty()) {
      log.warn("Closing the query engine under running queries count={}", running.size());
    }
  }
}

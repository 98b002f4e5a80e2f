package io.duckmesh.api.query;

import io.duckmesh.api.ApiSettings;
import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.ProblemException;
import io.duckmesh.catalog.AsyncQueries;
import io.duckmesh.catalog.Catalog;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.ClaimedQuery;
import io.duckmesh.catalog.QueryEnding;
import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.QueryProgress;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.QueryStats;
import io.duckmesh.catalog.Role;
import io.duckmesh.engine.objects.ObjectInfo;
import io.duckmesh.engine.objects.ObjectKey;
import io.duckmesh.engine.objects.ObjectStore;
import io.duckmesh.engine.objects.ObjectWriter;
import io.duckmesh.engine.query.QueryOverloadedException;
import io.duckmesh.engine.query.ResultSummary;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Runs asynchronous queries: claims those that wait, as many as this gateway runs at once, writes
 * their results into the object store, and says how far they are. A gateway that stops lets its
 * queries wait for another one; one that dies loses them with its leases.
 */
public final class AsyncQueryRunner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AsyncQueryRunner.class);

  /** How late a query is claimed that was queued while nobody was told. */
  private static final Duration POLL = Duration.ofSeconds(1);

  /** How long a failed look into the catalog keeps this from the next one. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private static final Duration CLOSING = Duration.ofSeconds(8);

  /**
   * How long the object of a query stays that did not succeed: longer than an upload takes that its
   * gateway began before it was stopped.
   */
  static final Duration GRACE = Duration.ofHours(1);

  private final AsyncQueries catalog;
  private final Queries queries;
  private final ObjectStore store;
  private final RunningQueries running;
  private final QueryLog log;
  private final Clock clock;
  private final ApiSettings requestSettings;
  private final QuerySettings settings;

  /** Names this process among all that have ever run. */
  private final String owner = UUID.randomUUID().toString();

  private final Semaphore slots;
  private final Map<QueryId, TrackedQuery> mine = new ConcurrentHashMap<>();
  private final ExecutorService executor =
      Executors.newThreadPerTaskExecutor(
          Thread.ofPlatform().name("async-query-", 0).daemon(true).factory());
  private final ScheduledExecutorService keeper =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("async-query-leases").daemon(true).factory());
  private final Thread claiming;
  private volatile boolean closed;

  /**
   * @param settings its limits are those of queries that were submitted without any
   */
  public AsyncQueryRunner(
      Catalog catalog,
      Queries queries,
      ObjectStore store,
      RunningQueries running,
      QueryLog log,
      Clock clock,
      ApiSettings requestSettings,
      QuerySettings settings) {
    this.catalog = catalog.asyncQueries();
    this.queries = queries;
    this.store = store;
    this.running = running;
    this.log = log;
    this.clock = clock;
    this.requestSettings = requestSettings(requestSettings, settings);
    this.settings = settings;
    this.slots = new Semaphore(settings.concurrency());
    this.claiming =
        Thread.ofPlatform().name("async-query-claims").daemon(true).unstarted(this::claim);
  }

  /** What requests of asynchronous queries are read with. */
  static ApiSettings requestSettings(ApiSettings requestSettings, QuerySettings settings) {
    return requestSettings.withQueryLimits(settings.defaultLimits(), settings.maxLimits());
  }

  /** Begins to claim. To be called once. */
  public void start() {
    if (settings.concurrency() == 0) {
      return;
    }
    claiming.start();
    long interval = Math.max(1, settings.lease().toMillis() / 6);
    var unused =
        keeper.scheduleWithFixedDelay(this::keep, interval, interval, TimeUnit.MILLISECONDS);
  }

  private void claim() {
    boolean failing = false;
    while (!closed) {
      try {
        slots.acquire();
        slots.release();
        List<ClaimedQuery> claimed =
            catalog.claim(
                owner, slots.availablePermits(), settings.runningPerTenant(), settings.lease());
        for (ClaimedQuery query : claimed) {
          handOver(query);
        }
        if (claimed.isEmpty()) {
          catalog.awaitQueued(POLL);
        }
        failing = false;
      } catch (CatalogUnavailableException e) {
        if (!failing) {
          LOG.warn("Cannot claim asynchronous queries for now cause=\"{}\"", e.toString());
          failing = true;
        }
        pause();
      } catch (InterruptedException e) {
        // Nobody but close() ends this thread.
        return;
      } catch (RuntimeException e) {
        if (!closed) {
          LOG.error("Cannot claim asynchronous queries", e);
          pause();
        }
      }
    }
  }

  /** Lets it run in a slot, or gives it back if none begins any more. */
  private void handOver(ClaimedQuery query) {
    // Only this thread takes slots, and it has claimed no more than there are.
    slots.acquireUninterruptibly();
    try {
      executor.execute(() -> runInSlot(query));
    } catch (RejectedExecutionException e) {
      slots.release();
      // close() interrupts this thread, and the catalog would not be asked by an interrupted one.
      var unused = Thread.interrupted();
      try {
        if (!catalog.requeue(query)) {
          LOG.warn("Asynchronous query was lost before it began query_id={}", query.query().id());
        }
      } catch (CatalogUnavailableException failure) {
        LOG.warn("Cannot requeue query_id={} cause=\"{}\"", query.query().id(), failure.toString());
      }
    }
  }

  private void pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void keep() {
    List<QueryProgress> progress =
        mine.values().stream()
            .map(
                query ->
                    new QueryProgress(
                        query.caller().tenant(),
                        query.id(),
                        query.phase(),
                        query.progress(),
                        query.snapshot(),
                        0,
                        query.byteCount()))
            .toList();
    try {
      for (QueryId stop : catalog.keep(owner, progress, settings.lease())) {
        TrackedQuery query = mine.get(stop);
        if (query != null) {
          // If it is another's by now, its end will tell.
          query.stop(TrackedQuery.Stop.CANCELLED);
        }
      }
    } catch (CatalogUnavailableException e) {
      LOG.warn("Cannot extend leases of asynchronous queries cause=\"{}\"", e.toString());
    } catch (RuntimeException e) {
      LOG.error("Cannot extend leases of asynchronous queries", e);
    }
  }

  private void runInSlot(ClaimedQuery claimed) {
    QueryId id = claimed.query().id();
    MDC.put("trace_id", id.toString());
    try {
      run(claimed);
    } catch (RuntimeException e) {
      // Its lease ends, and with it the query.
      LOG.error("Asynchronous query has no end query_id={}", id, e);
    } finally {
      MDC.remove("trace_id");
      slots.release();
    }
  }

  private void run(ClaimedQuery claimed) {
    QueryRecord asked = claimed.query().record();
    Caller caller = new Caller(asked.keyId(), asked.tenant(), Set.of(Role.QUERY_READER));
    QueryPhases phases = QueryPhases.begin();
    TrackedQuery query;
    try {
      query =
          running.begin(
              asked.id(),
              caller,
              QueryRecord.Mode.ASYNC,
              asked.submittedAt(),
              clock.instant().truncatedTo(ChronoUnit.MICROS),
              phases);
    } catch (ProblemException e) {
      finish(claimed, ending(e, null, "idempotency_conflict"));
      return;
    }
    try (query) {
      query.asked(asked.text());
      mine.put(asked.id(), query);
      if (closed) {
        query.stop(TrackedQuery.Stop.SHUTDOWN);
      }
      Attempt attempt = new Attempt(claimed, query);
      QueryEnding ending;
      try {
        ending = attempt.run();
      } catch (QueryOverloadedException e) {
        if (query.stopped() == null && attempt.requeue()) {
          pause();
          return;
        }
        ending = ending(e, query, query.outcomeOf(e));
      } catch (RuntimeException | IOException | InterruptedException e) {
        if (query.stopped() == TrackedQuery.Stop.SHUTDOWN && attempt.requeue()) {
          return;
        }
        ending = ending(e, query, query.outcomeOf(e));
      }
      if (finish(claimed, ending)) {
        log.endedAsync(query, ending.outcome());
      } else {
        LOG.warn("Asynchronous query was lost before its end query_id={}", asked.id());
      }
    } finally {
      mine.remove(asked.id());
    }
  }

  private static QueryEnding ending(
      Throwable thrown, @Nullable TrackedQuery query, String outcome) {
    StoredProblem problem = StoredProblem.of(thrown);
    if (problem.errorCode() == ApiError.INTERNAL) {
      LOG.error("Asynchronous query failed", thrown);
    }
    return new QueryEnding(
        TrackedQuery.stateOf(outcome),
        outcome,
        problem.toJson(),
        query == null ? null : query.snapshot(),
        query == null ? List.of() : query.tables(),
        query == null ? QueryStats.NONE : query.stats(),
        GRACE);
  }

  /** Says how it ended, for as long as it takes: a result that exists is not given up. */
  private boolean finish(ClaimedQuery claimed, QueryEnding ending) {
    while (true) {
      try {
        return catalog.finish(claimed, ending);
      } catch (CatalogUnavailableException e) {
        LOG.warn(
            "Cannot end asynchronous query for now query_id={} cause=\"{}\"",
            claimed.query().id(),
            e.toString());
        if (closed) {
          return false;
        }
        pause();
      }
    }
  }

  /** One attempt to run a query and keep its result. */
  private final class Attempt {
    private final ClaimedQuery claimed;
    private final TrackedQuery query;
    private boolean published;

    Attempt(ClaimedQuery claimed, TrackedQuery query) {
      this.claimed = claimed;
      this.query = query;
    }

    QueryEnding run() throws IOException, InterruptedException {
      QueryRequest asked =
          QueryRequest.read(claimed.request().getBytes(StandardCharsets.UTF_8), requestSettings);
      AnswerFormat format = AnswerFormat.named(claimed.query().format());
      PreparedQuery prepared = query.prepare(queries, asked);
      ObjectKey key =
          new ObjectKey(
              "%s/query-results/%s-%s.%s"
                  .formatted(
                      query.caller().tenant(),
                      query.id(),
                      UUID.randomUUID(),
                      format.name().toLowerCase(Locale.ROOT)));
      if (!catalog.registerResult(claimed, key.value())) {
        query.stop(TrackedQuery.Stop.LOST);
        throw new ProblemException(ApiError.UNAVAILABLE, "The query was taken from its gateway");
      }
      ResultSummary summary;
      ObjectInfo result;
      try (ObjectWriter writer = store.create(key)) {
        try (RunningQuery rows = queries.start(prepared, query.cancellation())) {
          OutputStream out = new ProgressOutput(writer.stream(), query);
          summary = AnswerWriter.write(rows, format, out);
          out.flush();
        }
        published = true;
        result = writer.publish();
      }
      query.answered(summary.rowCount(), result.sizeBytes(), summary.truncated());
      return new QueryEnding(
          TrackedQuery.stateOf("ok"),
          "ok",
          null,
          query.snapshot(),
          query.tables(),
          query.stats(),
          settings.resultRetention());
    }

    /** Lets the query wait again, unless an object of it may be there. */
    boolean requeue() {
      if (published) {
        return false;
      }
      try {
        return catalog.requeue(claimed);
      } catch (CatalogUnavailableException e) {
        LOG.warn("Cannot requeue query_id={} cause=\"{}\"", query.id(), e.toString());
        return false;
      }
    }
  }

  /** Counts what is written, for those who look. */
  private static final class ProgressOutput extends OutputStream {
    private final OutputStream out;
    private final TrackedQuery query;
    private long bytes;

    ProgressOutput(OutputStream out, TrackedQuery query) {
      this.out = out;
      this.query = query;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      query.wrote(++bytes);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      out.write(buffer, offset, length);
      bytes += length;
      query.wrote(bytes);
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }
  }

  /** Stops what runs here and lets it wait for another gateway. */
  @Override
  public void close() {
    closed = true;
    claiming.interrupt();
    mine.values().forEach(query -> query.stop(TrackedQuery.Stop.SHUTDOWN));
    executor.shutdown();
    try {
      if (!executor.awaitTermination(CLOSING.toMillis(), TimeUnit.MILLISECONDS)) {
        executor.shutdownNow();
        LOG.warn("Stopping while asynchronous queries run count={}", mine.size());
      }
      claiming.join(CLOSING.toMillis());
    } catch (InterruptedException e) {
      executor.shutdownNow();
      Thread.currentThread().interrupt();
    }
    keeper.shutdownNow();
  }
}

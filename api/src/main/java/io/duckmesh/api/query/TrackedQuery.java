package io.duckmesh.api.query;

import static java.util.Objects.requireNonNull;

import io.duckmesh.api.auth.Caller;
import io.duckmesh.api.problem.ApiError;
import io.duckmesh.api.problem.Problems;
import io.duckmesh.api.query.QueryPhases.Phase;
import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.QueryReads;
import io.duckmesh.catalog.QueryRecord;
import io.duckmesh.catalog.QueryState;
import io.duckmesh.catalog.QueryStats;
import io.duckmesh.catalog.QueryText;
import io.duckmesh.catalog.QueryTimes;
import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.engine.query.QueryCancellation;
import io.duckmesh.engine.query.QueryCancelledException;
import io.duckmesh.engine.query.QueryMeter;
import io.duckmesh.engine.query.TableReference;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A query of this gateway from its arrival to its end: who asked it, what it is doing, and how to
 * stop it. Run by one thread; read and stopped from any.
 */
final class TrackedQuery implements AutoCloseable {
  /** Why a query is stopped before its end. */
  enum Stop {
    /** Somebody asked for it. */
    CANCELLED,
    /** Nobody is there to take the answer. */
    CLIENT_GONE,
    /** Another gateway decides what becomes of it. */
    LOST,
    /** This gateway is stopping. */
    SHUTDOWN
  }

  private static final Set<String> WITHOUT_ERROR = Set.of("ok", "not_modified", "client_gone");

  private final QueryId id;
  private final Caller caller;
  private final QueryRecord.Mode mode;
  private final Instant submittedAt;
  private final Instant startedAt;
  private final QueryPhases phases;
  private final QueryCancellation cancellation = new QueryCancellation();
  private final Runnable onClose;

  private volatile @Nullable QueryText text;
  private volatile @Nullable PreparedQuery prepared;
  private volatile @Nullable Stop stop;
  private volatile long rowCount;
  private volatile long byteCount;
  private volatile boolean truncated;

  private final Object lock = new Object();
  private @Nullable Thread preparing;

  /**
   * @param onClose what to do when the query has ended, once
   */
  TrackedQuery(
      QueryId id,
      Caller caller,
      QueryRecord.Mode mode,
      Instant submittedAt,
      Instant startedAt,
      QueryPhases phases,
      Runnable onClose) {
    this.id = id;
    this.caller = caller;
    this.mode = mode;
    this.submittedAt = submittedAt;
    this.startedAt = startedAt;
    this.phases = phases;
    this.onClose = onClose;
  }

  QueryId id() {
    return id;
  }

  Caller caller() {
    return caller;
  }

  QueryRecord.Mode mode() {
    return mode;
  }

  QueryPhases phases() {
    return phases;
  }

  QueryCancellation cancellation() {
    return cancellation;
  }

  /** Says what was asked; before that nobody would know what this query is. */
  void asked(QueryText text) {
    this.text = text;
  }

  /** Whether it is known what was asked. */
  boolean isAsked() {
    return text != null;
  }

  /** {@link Queries#prepare}, which {@link #stop} interrupts. */
  PreparedQuery prepare(Queries queries, QueryRequest asked) throws InterruptedException {
    synchronized (lock) {
      if (stop != null) {
        throw cancelled(null);
      }
      preparing = Thread.currentThread();
    }
    try {
      PreparedQuery ready = queries.prepare(id.toString(), caller, asked, phases);
      prepared = ready;
      return ready;
    } catch (RuntimeException | InterruptedException e) {
      if (stop != null) {
        throw cancelled(e);
      }
      throw e;
    } finally {
      synchronized (lock) {
        preparing = null;
        if (stop != null) {
          // The interrupt was meant for the preparation only.
          var unused = Thread.interrupted();
        }
      }
    }
  }

  private QueryCancelledException cancelled(@Nullable Throwable cause) {
    String message = "Query %s was cancelled".formatted(id);
    return cause == null
        ? new QueryCancelledException(message)
        : new QueryCancelledException(message, cause);
  }

  /** Ends the query soon, whatever it is doing; the first reason stays. Does not wait. */
  void stop(Stop reason) {
    synchronized (lock) {
      if (stop == null) {
        stop = reason;
      }
      if (preparing != null) {
        preparing.interrupt();
      }
    }
    cancellation.cancel();
  }

  /** Why it is stopped, null if it is not. */
  @Nullable Stop stopped() {
    return stop;
  }

  /** Says how much of the answer was written so far. */
  void wrote(long bytes) {
    byteCount = bytes;
  }

  /** Says what the answer was. */
  void answered(long rows, long bytes, boolean truncated) {
    rowCount = rows;
    byteCount = bytes;
    this.truncated = truncated;
  }

  long byteCount() {
    return byteCount;
  }

  /** The snapshot that it reads, null while it is not known. */
  @Nullable SnapshotId snapshot() {
    PreparedQuery known = prepared;
    return known == null ? null : known.snapshot().id();
  }

  /** Snapshots that have all the files that it reads; empty while they are not known. */
  Set<SnapshotId> snapshots() {
    PreparedQuery known = prepared;
    return known == null ? Set.of() : known.reads();
  }

  /** Whether it was begun before that time. */
  boolean isOlderThan(Instant time) {
    return startedAt.isBefore(time);
  }

  /** Names of the tables that it reads, sorted; empty while they are not known. */
  List<String> tables() {
    PreparedQuery known = prepared;
    return known == null
        ? List.of()
        : known.checked().tables().stream()
            .map(TableReference::name)
            .map(name -> name.toLowerCase(Locale.ROOT))
            .distinct()
            .sorted()
            .toList();
  }

  /** What it is doing, in one word. */
  String phase() {
    QueryMeter.Phase inEngine = phases.meter().current();
    if (inEngine != null) {
      return inEngine.name().toLowerCase(Locale.ROOT);
    }
    Phase phase = phases.current();
    if (phase == null) {
      return "parse";
    }
    return switch (phase) {
      case CHECK -> "parse";
      case WAIT -> "wait";
      case BIND, START -> "bind";
      case WRITE -> "write";
    };
  }

  /** How much of it is done, from 0 to 1, null if it can not be told. */
  @Nullable Double progress() {
    double progress = phases.meter().progress();
    return Double.isNaN(progress) ? null : (Double) (Math.round(progress * 1_000) / 1_000.0);
  }

  QueryStats stats() {
    QueryMeter meter = phases.meter();
    QueryMeter.Files files = meter.files();
    long queue = meter.nanos(QueryMeter.Phase.QUEUE);
    long fetch = meter.nanos(QueryMeter.Phase.FETCH);
    long run = meter.nanos(QueryMeter.Phase.RUN);
    // What else the engine does before it computes is preparing.
    long bind =
        phases.nanos(Phase.BIND)
            + Math.max(
                meter.nanos(QueryMeter.Phase.BIND),
                phases.nanos(Phase.START) - queue - fetch - run);
    return new QueryStats(
        rowCount,
        byteCount,
        truncated,
        new QueryReads(
            files.count(),
            files.bytes(),
            meter.prunedFiles(),
            files.count() - files.downloaded(),
            files.downloaded(),
            files.downloadedBytes()),
        new QueryTimes(
            Duration.ofNanos(phases.nanos(Phase.CHECK)),
            Duration.ofNanos(phases.nanos(Phase.WAIT)),
            Duration.ofNanos(queue),
            Duration.ofNanos(bind),
            Duration.ofNanos(fetch),
            Duration.ofNanos(run),
            Duration.ofNanos(phases.nanos(Phase.WRITE))));
  }

  /** The query while it runs. */
  QueryRecord record() {
    return record(QueryState.RUNNING, null, null);
  }

  /** The query at its end. */
  QueryRecord ended(String outcome, Instant finishedAt) {
    return record(stateOf(outcome), outcome, finishedAt);
  }

  private QueryRecord record(
      QueryState state, @Nullable String outcome, @Nullable Instant finishedAt) {
    return new QueryRecord(
        id,
        caller.tenant(),
        caller.keyId(),
        null,
        mode,
        state,
        requireNonNull(text, "text is null"),
        submittedAt,
        startedAt,
        finishedAt,
        snapshot(),
        tables(),
        outcome,
        stats());
  }

  /** The word for how the query ended that threw this. */
  String outcomeOf(Throwable thrown) {
    return stop == Stop.CLIENT_GONE
        ? "client_gone"
        : Problems.of(thrown).error().name().toLowerCase(Locale.ROOT);
  }

  /** Whether a query may have ended with this word. */
  static boolean isOutcome(String word) {
    return WITHOUT_ERROR.contains(word)
        || Arrays.stream(ApiError.values())
            .anyMatch(error -> error.name().toLowerCase(Locale.ROOT).equals(word));
  }

  static QueryState stateOf(String outcome) {
    if (outcome.equals("ok") || outcome.equals("not_modified")) {
      return QueryState.SUCCEEDED;
    }
    return outcome.equals("client_gone")
            || outcome.equals(ApiError.QUERY_CANCELLED.name().toLowerCase(Locale.ROOT))
        ? QueryState.CANCELLED
        : QueryState.FAILED;
  }

  @Override
  public void close() {
    onClose.run();
  }
}

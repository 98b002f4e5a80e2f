package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.duckdb.process.DuckDbProcess;
import io.duckmesh.engine.query.duckdb.process.ProcessAnswer;
import io.duckmesh.engine.query.duckdb.process.ProcessSession;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a new DuckDB ready that is nobody's yet, since to start one takes longer than a small query.
 * May be used from any thread.
 */
final class SpareProcess implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SpareProcess.class);

  /** Runs of a statement after which the code that a small query needs is loaded and compiled. */
  private static final int WARM_UP_RUNS = 20;

  private static final long REFILL_MILLIS = 1_000;

  private final WorkThreads threads;
  private final BufferAllocator allocator;
  private final ScheduledExecutorService later;
  private @Nullable DuckDbProcess spare;
  private boolean starting;
  private boolean closed;

  private SpareProcess(
      WorkThreads threads, BufferAllocator allocator, ScheduledExecutorService later) {
    this.threads = threads;
    this.allocator = allocator;
    this.later = later;
  }

  /**
   * Begins to make one ready.
   *
   * @param threads where it is made ready; not closed by this
   * @param allocator for what it answers then; not closed by this
   * @param later waits before another one is made ready; not closed by this
   */
  static SpareProcess open(
      WorkThreads threads, BufferAllocator allocator, ScheduledExecutorService later) {
    SpareProcess spares = new SpareProcess(threads, allocator, later);
    spares.starting = true;
    threads.start(spares::makeReady);
    return spares;
  }

  /**
   * A new DuckDB, which the caller closes. Another one is made ready after a while, so that it does
   * not take the processors from the query that needs this one.
   *
   * @throws IOException if none is ready and none can be started
   */
  DuckDbProcess take() throws IOException {
    DuckDbProcess taken;
    synchronized (this) {
      awaitStart();
      taken = spare;
      spare = null;
    }
    if (taken == null || taken.hasEnded(0)) {
      taken = DuckDbProcess.start();
    }
    try {
      var unused =
          later.schedule(() -> threads.start(this::refill), REFILL_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("Nothing more is made ready, since the query engine is closed", e);
    }
    return taken;
  }

  /** Under the lock: one that is nearly ready is ready sooner than another one would be. */
  private void awaitStart() {
    boolean interrupted = false;
    while (starting) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void refill() {
    synchronized (this) {
      if (closed || starting || spare != null) {
        return;
      }
      starting = true;
    }
    makeReady();
  }

  private void makeReady() {
    DuckDbProcess started = null;
    boolean warm = false;
    boolean kept;
    try {
      started = DuckDbProcess.start();
      warmUp(started);
      warm = true;
    } catch (IOException e) {
      log.warn("No process for DuckDB is made ready, the next query starts its own", e);
    } finally {
      synchronized (this) {
        starting = false;
        kept = warm && !closed;
        spare = kept ? started : null;
        notifyAll();
      }
      if (started != null && !kept) {
        started.close();
      }
    }
  }

  private void warmUp(DuckDbProcess process) throws IOException {
    Future<?> limit = process.endLater();
    try {
      for (int run = 0; run < WARM_UP_RUNS; run++) {
        BufferAllocator own = allocator.newChildAllocator("warm-up", 0, Long.MAX_VALUE);
        ProcessSession session = process.base();
        session.nextQuery();
        try (ProcessAnswer answer =
            session.query(List.of(), "SELECT 1, 'a', CAST(2 AS DOUBLE)", List.of(), own)) {
          while (answer.next()) {
            // Only to have read it.
          }
        }
      }
    } catch (SQLException e) {
      throw new IOException("A new DuckDB does not answer", e);
    } finally {
      limit.cancel(false);
    }
  }

  @Override
  public void close() {
    DuckDbProcess left;
    synchronized (this) {
      closed = true;
      awaitStart();
      left = spare;
      spare = null;
    }
    if (left != null) {
      left.close();
    }
  }
}

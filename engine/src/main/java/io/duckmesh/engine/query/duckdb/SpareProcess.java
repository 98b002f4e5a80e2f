package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.duckdb.process.DuckDbProcess;
import io.duckmesh.engine.query.duckdb.process.ProcessAnswer;
import io.duckmesh.engine.query.duckdb.process.ProcessSession;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Has a new DuckDB ready that is nobody's yet, since to start one takes longer than a small query.
 * May be used from any thread.
 */
final class SpareProcess implements AutoCloseable {
  /** Runs of a statement after which the code that a small query needs is loaded and compiled. */
  private static final int WARM_UP_RUNS = 20;

  private final NativeThreads threads;
  private final BufferAllocator allocator;
  private @Nullable DuckDbProcess spare;
  private boolean starting;
  private boolean closed;

  SpareProcess(NativeThreads threads, BufferAllocator allocator) {
    this.threads = threads;
    this.allocator = allocator;
  }

  /** A new DuckDB, which the caller closes. Another one is made ready behind it. */
  DuckDbProcess take() {
    DuckDbProcess taken;
    synchronized (this) {
      awaitStart();
      taken = spare;
      spare = null;
    }
    if (taken == null || taken.hasEnded(0)) {
      taken = DuckDbProcess.start();
    }
    threads.start(this::refill);
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
    DuckDbProcess started = null;
    boolean warm = false;
    boolean kept;
    try {
      started = DuckDbProcess.start();
      warmUp(started);
      warm = true;
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

  private void warmUp(DuckDbProcess process) {
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
    } catch (SQLException | IOException e) {
      throw new IllegalStateException("A new DuckDB does not answer", e);
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

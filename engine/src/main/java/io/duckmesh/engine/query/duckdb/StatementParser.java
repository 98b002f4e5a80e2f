package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.QueryOverloadedException;
import io.duckmesh.engine.query.QueryRejectedException;
import io.duckmesh.engine.query.QueryUnavailableException;
import io.duckmesh.engine.query.duckdb.process.DuckDbProcess;
import io.duckmesh.engine.query.duckdb.process.FailedStatementException;
import io.duckmesh.engine.query.duckdb.process.ProcessAnswer;
import io.duckmesh.engine.query.duckdb.process.ProcessSession;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DuckDB's own parser, in a process that holds no data: text that is made to break it, or to take
 * all memory or time, breaks this process only, which is started again. May be used from any
 * platform thread.
 */
final class StatementParser implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StatementParser.class);

  private static final int CONCURRENT = 4;
  private static final long WAIT_SECONDS = 5;
  private static final long LIMIT_SECONDS = 10;
  private static final long MEMORY_BYTES = 1L << 30;
  private static final long WATCH_MILLIS = 20;

  /** The tree of a statement is many times its text; more than this is more than we walk. */
  private static final long MAX_RESULT_BYTES = 32 << 20;

  /** Longer texts are large, and parsed one at a time. */
  private static final int LARGE_CHARACTERS = 20_000;

  private final BufferAllocator allocator;
  private final Semaphore permits = new Semaphore(CONCURRENT, true);

  /** For large statements, so that small statements have a way past large ones. */
  private final Semaphore largePermits = new Semaphore(1, true);

  private final ScheduledThreadPoolExecutor watchdog;
  private final Set<Generation> watched = ConcurrentHashMap.newKeySet();
  private @Nullable Generation generation;
  private boolean closed;

  /** A process and those of its sessions that nobody uses. */
  private record Generation(
      DuckDbProcess process, ConcurrentLinkedDeque<ProcessSession> idle, AtomicInteger running) {}

  private StatementParser(BufferAllocator allocator) {
    this.allocator = allocator;
    this.watchdog =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("parser-watchdog").daemon().factory());
    watchdog.setRemoveOnCancelPolicy(true);
    var unused =
        watchdog.scheduleWithFixedDelay(
            this::watchMemory, WATCH_MILLIS, WATCH_MILLIS, TimeUnit.MILLISECONDS);
  }

  /**
   * Starts the process. The caller closes this.
   *
   * @param allocator not closed by this
   */
  static StatementParser open(BufferAllocator allocator) {
    StatementParser parser = new StatementParser(allocator);
    boolean opened = false;
    try {
      var unused = parser.generation();
      opened = true;
      return parser;
    } finally {
      if (!opened) {
        parser.close();
      }
    }
  }

  /** DuckDB's version. */
  String version() {
    return text("SELECT version() || $1", "");
  }

  /** The tree of the statements in a text, as JSON; an error that it has is in there. */
  String parse(String sql) {
    return text("SELECT json_serialize_sql($1::VARCHAR)", sql);
  }

  /** The text of a tree. */
  String print(String tree) {
    return text("SELECT json_deserialize_sql($1::JSON)", tree);
  }

  private String text(String sql, String argument) {
    Semaphore taken = argument.length() < LARGE_CHARACTERS ? permits : largePermits;
    take(taken);
    try {
      Generation shared = generation();
      try {
        return textOnce(shared, sql, argument);
      } catch (IOException e) {
        log.debug("Parsing again in a process of its own", e);
        discard(shared);
      }
      return textAlone(sql, argument);
    } finally {
      taken.release();
    }
  }

  /** Somebody else's text may have ended the process; here there is none. */
  private String textAlone(String sql, String argument) {
    Generation alone = start();
    try {
      return textOnce(alone, sql, argument);
    } catch (IOException e) {
      throw new QueryRejectedException(
          "Statement takes more memory or time to parse than a statement may", e);
    } finally {
      end(alone);
    }
  }

  private static void take(Semaphore permits) {
    try {
      if (permits.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new QueryOverloadedException(
        "Other statements are parsed and none has ended within %d s".formatted(WAIT_SECONDS));
  }

  private String textOnce(Generation current, String sql, String argument) throws IOException {
    current.running().incrementAndGet();
    ScheduledFuture<?> limit =
        watchdog.schedule(current.process()::kill, LIMIT_SECONDS, TimeUnit.SECONDS);
    ProcessSession session = null;
    boolean usable = false;
    try {
      session = current.idle().poll();
      if (session == null) {
        session = current.process().connect();
      }
      session.nextQuery();
      String text = text(session, sql, argument);
      usable = true;
      return text;
    } catch (FailedStatementException e) {
      usable = true;
      throw new QueryRejectedException(
          "Statement can not be parsed: "
              + (e.isRowTooLarge() ? "it is too large" : DuckDbFailures.sentence(e.getMessage())),
          e);
    } finally {
      limit.cancel(false);
      current.running().decrementAndGet();
      if (session != null && usable) {
        current.idle().push(session);
      } else if (session != null) {
        session.close();
      }
    }
  }

  private String text(ProcessSession session, String sql, String argument)
      throws FailedStatementException, IOException {
    BufferAllocator own = allocator.newChildAllocator("parser", 0, Long.MAX_VALUE);
    String text = null;
    long bytes = 0;
    try (ProcessAnswer answer = session.query(List.of(), sql, List.of(argument), own)) {
      while (answer.next()) {
        FieldVector cells = answer.reader().getVectorSchemaRoot().getVector(0);
        bytes = cells.getBufferSize();
        if (bytes <= MAX_RESULT_BYTES && !cells.isNull(0)) {
          text = String.valueOf(cells.getObject(0));
        }
      }
    }
    if (text == null) {
      throw new QueryRejectedException(
          "Statement is too large: its tree takes %d bytes, more than %d"
              .formatted(bytes, MAX_RESULT_BYTES));
    }
    return text;
  }

  private synchronized Generation generation() {
    if (closed) {
      throw new IllegalStateException("The query engine is closed");
    }
    if (generation == null) {
      generation = start();
    }
    return generation;
  }

  /** A process that ends at once may have been in the way of others; the next one is not. */
  private Generation start() {
    try {
      return startOnce();
    } catch (IOException e) {
      log.warn("Starting the parser again, since its process has ended", e);
    }
    try {
      return startOnce();
    } catch (IOException e) {
      throw new QueryUnavailableException("No process can be started for queries right now", e);
    }
  }

  private Generation startOnce() throws IOException {
    DuckDbProcess process = DuckDbProcess.start();
    boolean prepared = false;
    Future<?> limit = process.endLater();
    try {
      process.base().execute(DuckDbSql.parsingInstance());
      prepared = true;
    } catch (FailedStatementException e) {
      throw new IllegalStateException("Cannot open DuckDB as parser", e);
    } finally {
      limit.cancel(false);
      if (!prepared) {
        process.close();
      }
    }
    Generation started =
        new Generation(process, new ConcurrentLinkedDeque<>(), new AtomicInteger());
    watched.add(started);
    return started;
  }

  private void end(Generation ended) {
    watched.remove(ended);
    ended.process().close();
  }

  private synchronized void discard(Generation lost) {
    if (generation == lost) {
      log.warn("Parser process is lost pid={}", lost.process().pid());
      generation = null;
      end(lost);
    }
  }

  private void watchMemory() {
    for (Generation each : watched) {
      long pid = each.process().pid();
      long bytes = each.running().get() == 0 ? 0 : DuckDbProcess.residentBytes(pid).orElse(0);
      if (bytes > MEMORY_BYTES) {
        log.warn(
            "Parser process takes too much memory pid={} resident_bytes={} limit_bytes={}",
            pid,
            bytes,
            MEMORY_BYTES);
        each.process().kill();
      }
    }
  }

  @Override
  public void close() {
    watchdog.shutdownNow();
    synchronized (this) {
      closed = true;
      if (generation != null) {
        end(generation);
        generation = null;
      }
    }
  }
}

package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.QueryOverloadedException;
import io.duckmesh.engine.query.duckdb.process.DuckDbProcess;
import io.duckmesh.engine.query.duckdb.process.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One tenant's DuckDB: a process of its own, locked, reading only the tenant's folder, with a pool
 * of warm sessions and a limit on how many are used at once. May be used from any thread.
 */
final class TenantInstance implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(TenantInstance.class);

  /** How long the end of a process may come after that of its connections. */
  private static final long END_MILLIS = 1_000;

  private static final long LEFT_KILL_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** How many queries of one tenant run and wait. */
  static final class Slots {
    private final Semaphore running;
    private final AtomicInteger waiting = new AtomicInteger();

    Slots(int concurrentQueries) {
      this.running = new Semaphore(concurrentQueries, true);
    }
  }

  private final String tenant;
  private final DuckDbOptions options;
  private final Path filesRoot;
  private final Path spill;
  private final DuckDbProcess process;
  private final Consumer<TenantInstance> onClose;
  private final Slots slots;

  private final Object lock = new Object();
  private final Deque<Session> idle = new ArrayDeque<>();
  private int users;
  private boolean retired;
  private long usedAtNanos;
  private volatile boolean lostToMemory;

  private TenantInstance(
      String tenant,
      DuckDbOptions options,
      Path filesRoot,
      Path spill,
      DuckDbProcess process,
      Slots slots,
      Consumer<TenantInstance> onClose) {
    this.tenant = tenant;
    this.options = options;
    this.filesRoot = filesRoot;
    this.spill = spill;
    this.process = process;
    this.onClose = onClose;
    this.slots = slots;
    this.usedAtNanos = System.nanoTime();
  }

  /**
   * Makes a new DuckDB the tenant's.
   *
   * @param process nobody else's, and closed with this
   * @param spill folder of this instance alone, which is made now and deleted at the end
   * @param slots of the tenant, shared by its instances
   * @param onClose called once when it has been closed, with its memory free again
   * @throws IOException if the process has ended, or there is no folder to spill to
   */
  static TenantInstance open(
      String tenant,
      DuckDbProcess process,
      Path filesRoot,
      Path spill,
      DuckDbOptions options,
      Slots slots,
      Consumer<TenantInstance> onClose)
      throws IOException {
    boolean opened = false;
    Future<?> limit = process.endLater();
    try {
      Files.createDirectories(spill);
      process.base().execute(DuckDbSql.lockedInstance(filesRoot.resolve(tenant), spill, options));
      opened = true;
      log.info("Opened DuckDB instance tenant={} pid={}", tenant, process.pid());
      return new TenantInstance(tenant, options, filesRoot, spill, process, slots, onClose);
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot open DuckDB for tenant " + tenant, e);
    } finally {
      limit.cancel(false);
      if (!opened) {
        process.close();
        deleteQuietly(spill);
      }
    }
  }

  /** Folders whose names no message may show. */
  List<String> hiddenFolders() {
    return List.of(filesRoot.toString(), spill.toString());
  }

  /** Counts a user, which keeps the instance open; false if it is about to close. */
  boolean enter() {
    synchronized (lock) {
      if (retired) {
        return false;
      }
      users++;
      return true;
    }
  }

  /** The end of {@link #enter()}; the last user of a retired instance closes it. */
  void leave() {
    boolean last;
    synchronized (lock) {
      users--;
      usedAtNanos = System.nanoTime();
      last = retired && users == 0;
    }
    if (last) {
      close();
    }
  }

  /** Lets nobody in any more and closes the instance when its last user leaves. */
  void retire() {
    boolean unused;
    synchronized (lock) {
      unused = !retired && users == 0;
      retired = true;
    }
    if (unused) {
      close();
    }
  }

  /** Whether it holds memory for more than to be ready: it has users, or is about to close. */
  boolean isBusy() {
    synchronized (lock) {
      return users > 0 || retired;
    }
  }

  /** Nanoseconds since the last user left; 0 while there is one. */
  long idleNanos() {
    synchronized (lock) {
      return users > 0 ? 0 : System.nanoTime() - usedAtNanos;
    }
  }

  /**
   * Takes a slot; {@link #giveSlotBack} gives it back.
   *
   * @throws QueryOverloadedException if too many wait already, or none became free in time
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  void takeSlot() throws InterruptedException {
    if (slots.running.tryAcquire()) {
      return;
    }
    if (slots.waiting.incrementAndGet() > options.waitingQueries()) {
      slots.waiting.decrementAndGet();
      throw new QueryOverloadedException(
          "%d queries of tenant %s run and %d wait, which is the limit"
              .formatted(options.concurrentQueries(), tenant, options.waitingQueries()));
    }
    try {
      if (!slots.running.tryAcquire(options.maxWait().toNanos(), TimeUnit.NANOSECONDS)) {
        throw noneEnded(options.maxWait());
      }
    } finally {
      slots.waiting.decrementAndGet();
    }
  }

  /** The refusal of a query that has waited long enough for a slot. */
  QueryOverloadedException noneEnded(Duration waited) {
    return new QueryOverloadedException(
        "%d queries of tenant %s run and none ended within %d ms"
            .formatted(options.concurrentQueries(), tenant, waited.toMillis()));
  }

  void giveSlotBack() {
    slots.running.release();
  }

  /** A warm session if there is one. Needs a slot. */
  Session session() throws IOException {
    synchronized (lock) {
      Session session = idle.pollFirst();
      if (session != null) {
        return session;
      }
    }
    return new Session(process.connect(), filesRoot);
  }

  void giveBack(Session session) {
    synchronized (lock) {
      idle.addFirst(session);
    }
  }

  long pid() {
    return process.pid();
  }

  /** Ends the process since it takes too much memory; what runs there fails. */
  void endForMemory() {
    synchronized (lock) {
      lostToMemory |= users > 0;
    }
    retire();
    process.kill();
  }

  /** Whether {@link #endForMemory} was the end of it. */
  boolean lostToMemory() {
    return lostToMemory;
  }

  /** Whether the process has ended, or does so in a moment. */
  boolean isLost() {
    return process.hasEnded(END_MILLIS);
  }

  /**
   * Sees to statements that nobody waits for any more and that do not end: after a while the
   * process is ended under those that are left.
   */
  void endLeftStatements() {
    if (process.interruptLeft() > LEFT_KILL_NANOS) {
      process.kill();
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      idle.clear();
    }
    process.close();
    deleteQuietly(spill);
    log.info("Closed DuckDB instance tenant={}", tenant);
    onClose.accept(this);
  }

  private static void deleteQuietly(Path spill) {
    try {
      Folders.delete(spill);
    } catch (IOException e) {
      log.warn("Cannot delete spill folder folder={}", spill, e);
    }
  }
}

package io.duckmesh.bus.postgres;

import io.duckmesh.bus.BacklogFullException;
import io.duckmesh.bus.BusOptions;
import io.duckmesh.bus.BusUnavailableException;
import io.duckmesh.bus.Position;
import io.duckmesh.bus.Segment;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Appends in groups: while one transaction is in flight, what arrives joins the next. One thread
 * and one connection do all of it.
 */
final class Appender implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Appender.class);

  /** A server that does not answer in this time is taken for gone. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

  /** A connection unused for this long is tried before something is entrusted to it. */
  private static final Duration IDLE = Duration.ofSeconds(1);

  /** How soon a shard that found no free partition looks for one again. */
  private static final Duration ROTATION_PAUSE = Duration.ofSeconds(1);

  private final DataSource dataSource;
  private final BusOptions options;
  private final Backlog backlog;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Request> pending = new ArrayDeque<>();
  private boolean closed;

  // Of the appender's thread alone.
  private final Map<Integer, Long> rotationAllowedNanos = new HashMap<>();
  private @Nullable Connection connection;
  private long usedNanos;
  private long failedGroups;

  Appender(DataSource dataSource, BusOptions options) {
    this.dataSource = dataSource;
    this.options = options;
    this.backlog = new Backlog(options.backlogLimitBytes());
    this.thread = Thread.ofPlatform().name("bus-appender").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /**
   * One call of publish.
   *
   * @param shards the shard of each segment
   */
  record Request(
      List<Segment> segments,
      List<Shard> shards,
      long sizeBytes,
      CompletableFuture<List<Position>> outcome) {
    static Request of(List<Segment> segments, List<Shard> shards) {
      long sizeBytes = 0;
      for (Segment segment : segments) {
        sizeBytes += segment.payload().length;
      }
      return new Request(segments, shards, sizeBytes, new CompletableFuture<>());
    }
  }

  List<Position> append(Request request) {
    lock.lock();
    try {
      if (closed) {
        throw new BusUnavailableException("Log is closed", false, null);
      }
      pending.add(request);
      changed.signal();
    } finally {
      lock.unlock();
    }
    try {
      return request.outcome().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BusUnavailableException(
          "Interrupted while publishing " + request.segments().size() + " segments",
          !withdraw(request),
          e);
    } catch (ExecutionException e) {
      throw rethrow(e.getCause());
    }
  }

  /** Takes the request back; false if it is being appended already. */
  private boolean withdraw(Request request) {
    lock.lock();
    try {
      return pending.remove(request);
    } finally {
      lock.unlock();
    }
  }

  /** Gives each caller an exception of its own, with its own stack, around the shared cause. */
  private static RuntimeException rethrow(@Nullable Throwable failure) {
    if (failure instanceof BacklogFullException full) {
      return full;
    }
    if (failure instanceof BusUnavailableException unavailable) {
      return new BusUnavailableException(
          String.valueOf(unavailable.getMessage()), unavailable.outcomeUnknown(), unavailable);
    }
    return new IllegalStateException("Cannot publish", failure);
  }

  private void run() {
    List<Request> group = nextGroup();
    while (!group.isEmpty()) {
      try {
        appendGroup(group);
      } catch (RuntimeException | Error e) {
        // The thread must outlive whatever a group does; its callers are told.
        LOG.error("Group failed: requests={}", group.size(), e);
        fail(group, e);
        disconnect();
      }
      group = nextGroup();
    }
    disconnect();
  }

  private List<Request> nextGroup() {
    lock.lock();
    try {
      while (pending.isEmpty() && !closed) {
        changed.awaitUninterruptibly();
      }
      List<Request> group = new ArrayList<>(pending.size());
      long sizeBytes = 0;
      while (!pending.isEmpty()) {
        Request next = pending.element();
        if (!group.isEmpty() && sizeBytes + next.sizeBytes() > options.maxGroupBytes()) {
          break;
        }
        sizeBytes += next.sizeBytes();
        group.add(pending.remove());
      }
      return group;
    } finally {
      lock.unlock();
    }
  }

  private void appendGroup(List<Request> group) {
    List<Request> admitted = group;
    List<Publication.Advance> advances;
    boolean sent = false;
    try {
      Connection current = connect();
      backlog.refreshIfStale(current);
      admitted = admit(current, group);
      if (admitted.isEmpty()) {
        usedNanos = System.nanoTime();
        return;
      }
      Publication publication = Publication.of(admitted);
      sent = true;
      advances = publication.execute(current);
      usedNanos = System.nanoTime();
      publication.complete(advances);
      if (failedGroups > 0) {
        LOG.info("Publishing works again: failed_groups={}", failedGroups);
        failedGroups = 0;
      }
    } catch (SQLException e) {
      RuntimeException failure = SqlFailures.translate("Cannot publish", e);
      if (failure instanceof BusUnavailableException && !sent) {
        failure = new BusUnavailableException(String.valueOf(failure.getMessage()), false, e);
      }
      logFailure(admitted.size(), e);
      fail(group, failure);
      disconnect();
      return;
    }
    rotate(advances);
  }

  /** Warns once per outage: clients try again many times in it. */
  private void logFailure(int requestCount, SQLException failure) {
    Level level = failedGroups == 0 ? Level.WARN : Level.DEBUG;
    failedGroups++;
    LOG.atLevel(level)
        .log(
            "Publishing failed: requests={} sql_state={} reason={}",
            requestCount,
            failure.getSQLState(),
            failure.getMessage());
  }

  /** The requests whose tenants may append; the others have their refusal. */
  private List<Request> admit(Connection current, List<Request> group) throws SQLException {
    List<Request> admitted = new ArrayList<>(group.size());
    for (Request request : group) {
      BacklogFullException refusal = null;
      for (Shard shard : request.shards()) {
        refusal = backlog.refusal(current, shard.tenant());
        if (refusal != null) {
          break;
        }
      }
      if (refusal != null) {
        request.outcome().completeExceptionally(refusal);
        continue;
      }
      for (int i = 0; i < request.segments().size(); i++) {
        backlog.add(request.shards().get(i).tenant(), request.segments().get(i).payload().length);
      }
      admitted.add(request);
    }
    return admitted;
  }

  private void fail(List<Request> group, Throwable failure) {
    for (Request request : group) {
      request.outcome().completeExceptionally(failure);
    }
  }

  /** Moves shards on whose partition is full. Callers have their positions already. */
  private void rotate(List<Publication.Advance> advances) {
    for (Publication.Advance advance : advances) {
      Connection current = connection;
      if (current == null || advance.partBytes() < options.partitionBytes()) {
        continue;
      }
      long now = System.nanoTime();
      Long allowed = rotationAllowedNanos.get(advance.shardNo());
      if (allowed != null && allowed - now > 0) {
        continue;
      }
      rotationAllowedNanos.put(advance.shardNo(), now + ROTATION_PAUSE.toNanos());
      try {
        if (Partitions.rotate(current, advance.shardNo(), advance.part())) {
          rotationAllowedNanos.remove(advance.shardNo());
        }
      } catch (SQLException e) {
        LOG.warn(
            "Partition was not changed: shard_no={} part={} reason={}",
            advance.shardNo(),
            advance.part(),
            e.getMessage());
        disconnect();
      }
    }
  }

  private Connection connect() throws SQLException {
    Connection current = connection;
    if (current != null && System.nanoTime() - usedNanos > IDLE.toNanos() && !current.isValid(5)) {
      disconnect();
      current = null;
    }
    if (current == null) {
      backlog.forget();
      current = dataSource.getConnection();
      connection = current;
      usedNanos = System.nanoTime();
      current.setAutoCommit(true);
      current.setNetworkTimeout(Runnable::run, (int) ANSWER_TIMEOUT.toMillis());
      current.unwrap(PGConnection.class).setPrepareThreshold(1);
      try (Statement statement = current.createStatement()) {
        // Planning takes longer than running, and the plan never depends on the values.
        statement.execute("SET plan_cache_mode = force_generic_plan");
      }
    }
    return current;
  }

  private void disconnect() {
    Connection current = connection;
    connection = null;
    backlog.forget();
    if (current != null) {
      try {
        current.close();
      } catch (SQLException e) {
        LOG.debug("Connection did not close cleanly", e);
      }
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.AsyncQuery;
import io.duckmesh.catalog.CancelListener;
import io.duckmesh.catalog.CatalogUnavailableException;
import io.duckmesh.catalog.QueryId;
import io.duckmesh.catalog.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What processes tell each other of queries, as notifications: {@code queued}; {@code ended
 * <tenant> <query>}; {@code cancel <asker> <tenant> <query> <key>}, with {@code *} for every key;
 * and in answer to it {@code cancelling <asker>}. They save waiting; what counts is in the tables.
 */
final class QuerySignals {
  private static final Logger log = LoggerFactory.getLogger(QuerySignals.class);

  static final String CHANNEL = "duckmesh_query";
  static final String QUEUED = "queued";

  /** How late somebody who waits sees what was not told. */
  private static final Duration POLL = Duration.ofSeconds(1);

  private final Database database;
  private final List<CancelListener> listeners = new CopyOnWriteArrayList<>();

  /** Who waits for a message, by the message. */
  private final Map<String, Set<CountDownLatch>> waiters = new ConcurrentHashMap<>();

  /** Has a permit if something was queued since somebody looked. */
  private final Semaphore queued = new Semaphore(0);

  private volatile boolean closed;

  QuerySignals(Database database) {
    this.database = database;
  }

  static String ended(TenantId tenant, QueryId id) {
    return "ended %s %s".formatted(tenant, id);
  }

  static String cancel(String asker, TenantId tenant, QueryId id, @Nullable String keyId) {
    return "cancel %s %s %s %s".formatted(asker, tenant, id, keyId == null ? "*" : keyId);
  }

  private static String cancelling(String asker) {
    return "cancelling " + asker;
  }

  void listen(CancelListener listener) {
    listeners.add(listener);
  }

  /** Takes a notification; does not wait for anything. */
  void hear(String payload) {
    String[] words = payload.split(" ", 5);
    switch (words[0]) {
      case QUEUED -> wakeQueued();
      case "ended", "cancelling" -> wake(payload);
      case "cancel" -> {
        if (words.length == 5 && !listeners.isEmpty()) {
          Thread.startVirtualThread(() -> cancelHere(words));
        }
      }
      // A newer version may say more.
      default -> log.debug("Unknown notification payload=\"{}\"", payload);
    }
  }

  private void cancelHere(String[] words) {
    String asker = words[1];
    TenantId tenant = new TenantId(words[2]);
    QueryId id = new QueryId(UUID.fromString(words[3]));
    String keyId = words[4].equals("*") ? null : words[4];
    boolean here = false;
    for (CancelListener listener : listeners) {
      here |= listener.cancel(tenant, id, keyId);
    }
    if (here && !asker.equals("-")) {
      try {
        tell(cancelling(asker));
      } catch (CatalogUnavailableException e) {
        log.warn("Cannot say that a query is being cancelled query_id={}", id, e);
      }
    }
  }

  /** Makes whoever waits look for himself: something may not have been told. */
  void missedSome() {
    wakeQueued();
    waiters.values().forEach(QuerySignals::wakeAll);
  }

  private void tell(String payload) {
    database.call("notify of a query", AsyncQueryDao.class, dao -> dao.tell(payload));
  }

  void awaitQueued(Duration timeout) throws InterruptedException {
    var unused = queued.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void wakeQueued() {
    if (queued.availablePermits() == 0) {
      queued.release();
    }
  }

  boolean askToCancel(TenantId tenant, QueryId id, @Nullable String keyId, Duration timeout)
      throws InterruptedException {
    String asker = UUID.randomUUID().toString();
    CountDownLatch answered = new CountDownLatch(1);
    String answer = cancelling(asker);
    wait(answer, answered);
    try {
      tell(cancel(asker, tenant, id, keyId));
      return answered.await(timeout.toNanos(), TimeUnit.NANOSECONDS) && !closed;
    } finally {
      stopWaiting(answer, answered);
    }
  }

  Optional<AsyncQuery> awaitEnd(
      TenantId tenant, QueryId id, Duration timeout, Supplier<Optional<AsyncQuery>> look)
      throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    String message = ended(tenant, id);
    while (true) {
      CountDownLatch ended = new CountDownLatch(1);
      wait(message, ended);
      try {
        Optional<AsyncQuery> query = look.get();
        long left = deadline - System.nanoTime();
        if (query.isEmpty() || query.get().state().isFinished() || left <= 0 || closed) {
          return query;
        }
        var unused = ended.await(Math.min(left, POLL.toNanos()), TimeUnit.NANOSECONDS);
      } finally {
        stopWaiting(message, ended);
      }
    }
  }

  private void wait(String message, CountDownLatch latch) {
    waiters.compute(
        message,
        (key, latches) -> {
          Set<CountDownLatch> all = latches == null ? ConcurrentHashMap.newKeySet() : latches;
          all.add(latch);
          return all;
        });
  }

  private void stopWaiting(String message, CountDownLatch latch) {
    waiters.computeIfPresent(
        message,
        (key, latches) -> {
          latches.remove(latch);
          return latches.isEmpty() ? null : latches;
        });
  }

  private void wake(String message) {
    Set<CountDownLatch> latches = waiters.get(message);
    if (latches != null) {
      wakeAll(latches);
    }
  }

  private static void wakeAll(Set<CountDownLatch> latches) {
    latches.forEach(CountDownLatch::countDown);
  }

  /** Ends all waiting. */
  void close() {
    closed = true;
    missedSome();
  }
}

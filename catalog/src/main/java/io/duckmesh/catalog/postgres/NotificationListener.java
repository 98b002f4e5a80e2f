package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.ShardId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears on one connection of commits of all processes, and tells the cache, and what they say of
 * queries. Behind the notifications there is a slow poll, so that a lost one costs at most a
 * second. A lost connection is made anew for as long as it takes.
 */
final class NotificationListener {
  private static final Logger log = LoggerFactory.getLogger(NotificationListener.class);
  private static final String WATERMARKS = "duckmesh_watermark";
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration RECONNECT = Duration.ofMillis(200);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final DataSource dataSource;
  private final WatermarkCache cache;
  private final QuerySignals queries;
  private final Thread thread;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile @Nullable Connection connection;

  NotificationListener(DataSource dataSource, WatermarkCache cache, QuerySignals queries) {
    this.dataSource = dataSource;
    this.cache = cache;
    this.queries = queries;
    this.thread = Thread.ofPlatform().daemon().name("catalog-notifications").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    boolean failing = false;
    while (!isClosed()) {
      try (Connection opened = dataSource.getConnection()) {
        connection = opened;
        opened.setNetworkTimeout(Runnable::run, (int) ANSWER.toMillis());
        try (Statement statement = opened.createStatement()) {
          statement.execute("LISTEN " + WATERMARKS);
          statement.execute("LISTEN " + QuerySignals.CHANNEL);
          poll(statement);
          queries.missedSome();
          if (failing) {
            log.info("Listening to notifications again");
            failing = false;
          }
          listen(opened, statement);
        }
      } catch (SQLException e) {
        if (!failing && !isClosed()) {
          log.warn(
              "Lost the connection that listens to notifications reason=\"{}\"", e.getMessage());
          failing = true;
        }
        pause();
      } finally {
        connection = null;
      }
    }
  }

  private void listen(Connection opened, Statement statement) throws SQLException {
    PGConnection notifier = opened.unwrap(PGConnection.class);
    long polled = System.nanoTime();
    while (!isClosed()) {
      PGNotification[] notifications = notifier.getNotifications((int) POLL.toMillis());
      if (notifications != null) {
        for (PGNotification notification : notifications) {
          if (notification.getName().equals(WATERMARKS)) {
            tell(notification.getParameter());
          } else {
            queries.hear(notification.getParameter());
          }
        }
      }
      if (System.nanoTime() - polled >= POLL.toNanos()) {
        poll(statement);
        polled = System.nanoTime();
      }
    }
  }

  /** Tells a payload {@code <shard> <watermark>}. */
  private void tell(String payload) {
    int space = payload.lastIndexOf(' ');
    cache.advance(
        new ShardId(payload.substring(0, space)), Long.parseLong(payload.substring(space + 1)));
  }

  private void poll(Statement statement) throws SQLException {
    try (ResultSet rows =
        statement.executeQuery(
            """
            SELECT shard_id, watermark
            FROM catalog.shard
            """)) {
      while (rows.next()) {
        cache.advance(new ShardId(rows.getString(1)), rows.getLong(2));
      }
    }
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  private void pause() {
    try {
      closed.await(RECONNECT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      // Nobody but close() ends this thread.
      closed.countDown();
    }
  }

  /** Ends the thread, also out of a wait for the server. */
  void close() {
    closed.countDown();
    Connection open = connection;
    if (open != null) {
      try {
        open.abort(Runnable::run);
      } catch (SQLException e) {
        log.debug("Closing the connection that listens to notifications failed", e);
      }
    }
    try {
      thread.join(ANSWER.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

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
 * Hears of commits of all processes on one connection and tells the cache. Behind the notifications
 * there is a slow poll, so that a lost one costs at most a second. A lost connection is made anew
 * for as long as it takes.
 */
final class WatermarkListener {
  private static final Logger log = LoggerFactory.getLogger(WatermarkListener.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration RECONNECT = Duration.ofMillis(200);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final DataSource dataSource;
  private final WatermarkCache cache;
  private final Thread thread;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile @Nullable Connection connection;

  WatermarkListener(DataSource dataSource, WatermarkCache cache) {
    this.dataSource = dataSource;
    this.cache = cache;
    this.thread = Thread.ofPlatform().daemon().name("catalog-watermarks").unstarted(this::run);
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
          statement.execute("LISTEN duckmesh_watermark");
          poll(statement);
          if (failing) {
            log.info("Listening to watermarks again");
            failing = false;
          }
          listen(opened, statement);
        }
      } catch (SQLException e) {
        if (!failing && !isClosed()) {
          log.warn("Lost the connection that listens to watermarks reason=\"{}\"", e.getMessage());
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
          tell(notification.getParameter());
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
        log.debug("Closing the connection that listens to watermarks failed", e);
      }
    }
    try {
      thread.join(ANSWER.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

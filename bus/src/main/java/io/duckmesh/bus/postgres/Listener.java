package io.duckmesh.bus.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Hears what other processes (and this one) say about shards, on a connection of its own that it
 * opens again whenever it is lost. While it is lost, waiting claims live on their poll.
 */
final class Listener implements AutoCloseable {
  /** The channel; a notification's payload is the number of a shard. */
  static final String CHANNEL = "bus_shard";

  private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
  private static final int QUIET_MILLIS = 10_000;
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LONGEST_PAUSE_MILLIS = 2_000;

  private final DataSource dataSource;
  private final ShardSignals signals;
  private final Thread thread;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile @Nullable Connection connection;
  private volatile long id;

  Listener(DataSource dataSource, ShardSignals signals) {
    this.dataSource = dataSource;
    this.signals = signals;
    this.thread = Thread.ofPlatform().name("bus-listener").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** The number under which waiting claims ask to be told, or 0 while nothing can be heard. */
  long id() {
    return id;
  }

  private void run() {
    long pause = FIRST_PAUSE_MILLIS;
    boolean outage = false;
    try {
      while (!isClosed()) {
        try (Connection opened = dataSource.getConnection()) {
          connection = opened;
          listen(opened);
        } catch (SQLException e) {
          if (!isClosed()) {
            // Once per outage is enough; it may last.
            LOG.atLevel(outage ? Level.DEBUG : Level.WARN)
                .log("Log is not heard: channel={} reason={}", CHANNEL, e.getMessage());
          }
        }
        boolean wasConnected = id != 0;
        outage = !wasConnected;
        id = 0;
        connection = null;
        signals.raiseAll();
        pause = wasConnected ? FIRST_PAUSE_MILLIS : Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
        if (closed.await(pause, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void listen(Connection opened) throws SQLException {
    try (Statement statement = opened.createStatement()) {
      statement.execute("LISTEN " + CHANNEL);
      try (ResultSet next = statement.executeQuery("SELECT nextval('bus.listener_id')")) {
        next.next();
        id = next.getLong(1);
      }
      LOG.debug("Log is heard: channel={} listener={}", CHANNEL, id);
      // Whatever was said before this moment was not heard.
      signals.raiseAll();
      PGConnection postgres = opened.unwrap(PGConnection.class);
      while (!isClosed()) {
        PGNotification[] notifications = postgres.getNotifications(QUIET_MILLIS);
        if (notifications == null || notifications.length == 0) {
          // A connection that died in silence shows itself only when it is used.
          statement.execute("SELECT 1");
          continue;
        }
        for (PGNotification notification : notifications) {
          raise(notification.getParameter());
        }
      }
    }
  }

  private void raise(String shardNo) {
    try {
      signals.raise(Integer.parseInt(shardNo));
    } catch (NumberFormatException e) {
      // Anybody who may connect may notify.
      LOG.warn("Notification is not a shard number: channel={} payload={}", CHANNEL, shardNo);
    }
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  @Override
  public void close() {
    closed.countDown();
    Connection current = connection;
    if (current != null) {
      try {
        // The thread waits inside the connection; only cutting it ends that.
        current.abort(Runnable::run);
      } catch (SQLException e) {
        LOG.debug("Connection did not end cleanly: channel={}", CHANNEL, e);
      }
    }
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

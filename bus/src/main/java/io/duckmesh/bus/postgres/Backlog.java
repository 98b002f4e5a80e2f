package io.duckmesh.bus.postgres;

import io.duckmesh.bus.BacklogFullException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How much of each tenant has not landed: figures of the database, a moment old, plus what this
 * process has appended since. Refusal is decided on fresh figures only; so a tenant may pass its
 * limit by what others append within {@link #STALE}, but is never refused for what has landed.
 *
 * <p>Belongs to the appender's thread.
 */
final class Backlog {
  private static final Duration STALE = Duration.ofMillis(250);

  /** A refused publisher tries again at once; this keeps it from asking the database each time. */
  private static final Duration STALE_FOR_REFUSAL = Duration.ofMillis(10);

  private static final Duration SHORTEST_RETRY = Duration.ofSeconds(1);
  private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

  private final long limitBytes;
  private final Map<String, Figures> tenants = new HashMap<>();
  private long refreshedNanos;
  private boolean known;

  Backlog(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  void refreshIfStale(Connection connection) throws SQLException {
    refreshIfOlder(connection, STALE);
  }

  /** Why the tenant may not append now, or null if it may. */
  @Nullable BacklogFullException refusal(Connection connection, String tenant) throws SQLException {
    if (figures(tenant).backlogBytes < limitBytes) {
      return null;
    }
    refreshIfOlder(connection, STALE_FOR_REFUSAL);
    Figures figures = figures(tenant);
    if (figures.backlogBytes < limitBytes) {
      return null;
    }
    return new BacklogFullException(
        tenant, figures.backlogBytes, limitBytes, figures.retryAfter(limitBytes));
  }

  void add(String tenant, long bytes) {
    figures(tenant).backlogBytes += bytes;
  }

  /** Forgets what a failed append may or may not have added. */
  void forget() {
    known = false;
  }

  private Figures figures(String tenant) {
    return tenants.computeIfAbsent(tenant, name -> new Figures());
  }

  private void refreshIfOlder(Connection connection, Duration age) throws SQLException {
    long now = System.nanoTime();
    long elapsedNanos = now - refreshedNanos;
    if (known && elapsedNanos < age.toNanos()) {
      return;
    }
    try (PreparedStatement statement =
            connection.prepareStatement(
                """
                SELECT s.tenant,
                       sum(s.appended_bytes - c.acked_bytes)::bigint,
                       sum(c.acked_bytes)::bigint
                FROM bus.shard s
                JOIN bus.shard_claim c USING (shard_no)
                GROUP BY s.tenant
                """);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        figures(rows.getString(1)).refresh(rows.getLong(2), rows.getLong(3), elapsedNanos);
      }
    }
    refreshedNanos = now;
    known = true;
  }

  private static final class Figures {
    long backlogBytes;
    private long ackedBytes;
    private double landedBytesPerSecond;

    void refresh(long backlogBytes, long ackedBytes, long elapsedNanos) {
      if (this.ackedBytes > 0 && elapsedNanos > 0) {
        double rate = (ackedBytes - this.ackedBytes) * 1e9 / elapsedNanos;
        // Batches land in lumps; the mean over some seconds is what a waiting client meets.
        double weight = 1 - Math.exp(-elapsedNanos / 5e9);
        landedBytesPerSecond += weight * (rate - landedBytesPerSecond);
      }
      this.backlogBytes = backlogBytes;
      this.ackedBytes = ackedBytes;
    }

    /** The time in which a tenth of the limit becomes free at the present pace. */
    Duration retryAfter(long limitBytes) {
      double excess = backlogBytes - 0.9 * limitBytes;
      double seconds = landedBytesPerSecond > 0 ? excess / landedBytesPerSecond : 5;
      Duration wait = Duration.ofSeconds((long) Math.min(seconds, LONGEST_RETRY.toSeconds()));
      return wait.compareTo(SHORTEST_RETRY) < 0 ? SHORTEST_RETRY : wait;
    }
  }
}

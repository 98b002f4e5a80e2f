package io.duckmesh.engine.query.duckdb;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * Has a new DuckDB ready that is nobody's yet, since to make one takes longer than a small query.
 * May be used from any thread.
 */
final class SpareInstance implements AutoCloseable {
  private final NativeThreads threads;
  private @Nullable DuckDBConnection spare;
  private boolean closed;

  SpareInstance(NativeThreads threads) {
    this.threads = threads;
  }

  /** A new DuckDB in memory, which the caller closes. Another one is made ready behind it. */
  DuckDBConnection take() {
    DuckDBConnection taken;
    synchronized (this) {
      taken = spare;
      spare = null;
    }
    threads.start(this::refill);
    return taken == null ? open() : taken;
  }

  private void refill() {
    synchronized (this) {
      if (closed || spare != null) {
        return;
      }
      spare = open();
    }
  }

  private static DuckDBConnection open() {
    Properties properties = new Properties();
    properties.setProperty("jdbc_stream_results", "true");
    try {
      return DriverManager.getConnection("jdbc:duckdb:", properties).unwrap(DuckDBConnection.class);
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot open DuckDB", e);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (spare != null) {
      DuckDbFailures.closeQuietly(spare);
      spare = null;
    }
  }
}

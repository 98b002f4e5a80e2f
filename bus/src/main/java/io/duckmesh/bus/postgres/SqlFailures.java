package io.duckmesh.bus.postgres;

import io.duckmesh.bus.BusUnavailableException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jdbi.v3.core.ConnectionException;
import org.jspecify.annotations.Nullable;

/** The wall where exceptions of JDBC, jdbi and Flyway become the log's own. */
final class SqlFailures {
  static final String LOCK_NOT_AVAILABLE = "55P03";

  private SqlFailures() {}

  /**
   * What the caller gets for a failure of the database: {@link BusUnavailableException} where time
   * may help, {@link IllegalStateException} where it does not.
   */
  static RuntimeException translate(String message, Exception failure) {
    SQLException sql = sqlException(failure);
    if (sql == null) {
      return new IllegalStateException(message, failure);
    }
    // Without a connection no statement is to blame, and whatever the reason, it may be gone later.
    boolean connected =
        !(failure instanceof ConnectionException)
            && !(sql instanceof SQLTransientConnectionException);
    if (connected && !isTransient(state(sql))) {
      return new IllegalStateException(message + ": " + sql.getMessage(), failure);
    }
    return new BusUnavailableException(
        message + ": " + sql.getMessage(), connected && mayHaveCommitted(sql), failure);
  }

  /**
   * Whether a statement or transaction that failed this way may have committed all the same. An
   * error that the server reports has rolled back; a connection that is gone tells nothing.
   */
  static boolean mayHaveCommitted(SQLException failure) {
    String state = state(failure);
    return state.isEmpty()
        || (state.startsWith("08") && !state.equals("08001") && !state.equals("08004"))
        || state.startsWith("57P");
  }

  static boolean hasState(Exception failure, String state) {
    SQLException sql = sqlException(failure);
    return sql != null && state(sql).equals(state);
  }

  private static boolean isTransient(String state) {
    return state.isEmpty()
        || state.startsWith("08") // connection
        || state.startsWith("25006") // read only: a standby, or a former primary
        || state.startsWith("40") // rolled back by the server: serialization or deadlock
        || state.startsWith("53") // disk, memory or connections exhausted
        || state.startsWith("55000") // the database takes no connections
        || state.startsWith("55P03") // lock timeout
        || state.startsWith("57") // cancelled, shut down, starting
        || state.startsWith("58"); // system error
  }

  private static String state(SQLException failure) {
    String state = failure.getSQLState();
    return state == null ? "" : state;
  }

  private static @Nullable SQLException sqlException(Exception failure) {
    Throwable cause = failure;
    while (cause != null) {
      if (cause instanceof SQLException sql) {
        return sql;
      }
      cause = cause.getCause();
    }
    return null;
  }
}

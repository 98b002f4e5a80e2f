package io.duckmesh.catalog.postgres;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jdbi.v3.core.ConnectionException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What an SQL exception means. */
final class SqlFailures {
  private static final String UNIQUE_VIOLATION = "23505";

  /** Whether the database could not be asked, or gave up what is harmless to repeat. */
  static boolean isUnavailable(Throwable failure) {
    SQLException sql = sqlException(failure);
    if (sql == null) {
      return false;
    }
    if (hasNoConnection(failure)) {
      return true;
    }
    String state = sql.getSQLState();
    return state == null || isConnectionLost(state) || isTransient(state);
  }

  /**
   * Whether what was sent may have happened all the same: the server did not say that it did not.
   */
  static boolean isOutcomeUnknown(Throwable failure) {
    SQLException sql = sqlException(failure);
    return sql != null && (sql.getSQLState() == null || isConnectionLost(sql.getSQLState()));
  }

  /** Whether a unique constraint of that name was violated. */
  static boolean violates(Throwable failure, String constraint) {
    if (sqlException(failure) instanceof PSQLException e
        && UNIQUE_VIOLATION.equals(e.getSQLState())) {
      ServerErrorMessage message = e.getServerErrorMessage();
      return message != null && constraint.equals(message.getConstraint());
    }
    return false;
  }

  private static boolean isConnectionLost(String state) {
    // 08: connection exception; 57P: the server shuts down, crashed or is starting.
    return state.startsWith("08") || state.startsWith("57P");
  }

  private static boolean isTransient(String state) {
    return state.startsWith("25006") // read only: a standby, or a former primary
        || state.startsWith("40") // rolled back by the server: serialization or deadlock
        || state.startsWith("53") // disk, memory or connections exhausted
        || state.startsWith("55000") // the database takes no connections
        || state.startsWith("55P03") // lock timeout
        || state.startsWith("57") // cancelled, shut down, starting
        || state.startsWith("58"); // system error
  }

  /**
   * Whether it failed for want of a connection: then no statement is to blame, and whatever the
   * reason, it may be gone later.
   */
  private static boolean hasNoConnection(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectionException
          || cause instanceof SQLTransientConnectionException) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable SQLException sqlException(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return sql;
      }
    }
    return null;
  }

  private SqlFailures() {}
}

package io.duckmesh.catalog.postgres;

import java.sql.SQLException;
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
    String state = sql.getSQLState();
    // A pool or driver that has no connection to give sets no state.
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
    // 40: rolled back by serialization or deadlock; 53: out of resources; 55P03: lock not
    // available; 57014: cancelled; 25006: a standby or read-only server answered.
    return state.startsWith("40")
        || state.startsWith("53")
        || state.equals("55P03")
        || state.equals("57014")
        || state.equals("25006");
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

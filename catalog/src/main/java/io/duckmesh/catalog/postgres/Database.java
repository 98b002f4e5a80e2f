package io.duckmesh.catalog.postgres;

import io.duckmesh.catalog.CatalogUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jspecify.annotations.Nullable;

/** The wall: work goes in with a name, SQL's own exceptions do not come out. */
final class Database {
  private final DataSource pool;
  private final Jdbi jdbi;

  Database(DataSource pool) {
    this.pool = pool;
    this.jdbi =
        Jdbi.create(pool)
            .installPlugin(new PostgresPlugin())
            .installPlugin(new SqlObjectPlugin())
            .registerArgument(new ArrayArguments());
  }

  /**
   * Calls a method of the DAO that is one statement, so that it is its own transaction and needs
   * one round trip.
   *
   * @param what completes the sentence "Cannot …" of a message
   */
  <D, R extends @Nullable Object> R call(String what, Class<D> dao, Function<D, R> statement) {
    return withHandle(what, handle -> statement.apply(handle.attach(dao)));
  }

  /** Does the work on a connection in autocommit mode. */
  <R extends @Nullable Object> R withHandle(String what, Function<Handle, R> work) {
    try (Handle handle = jdbi.open()) {
      return work.apply(handle);
    } catch (JdbiException e) {
      throw translate(what, e);
    }
  }

  /** Work on a bare connection. */
  interface Work<R extends @Nullable Object> {
    R on(Connection connection) throws SQLException;
  }

  /** Does the work on a connection in autocommit mode, without Jdbi between. */
  <R extends @Nullable Object> R withConnection(String what, Work<R> work) {
    try (Connection connection = open()) {
      return work.on(connection);
    } catch (ConnectionException | SQLException e) {
      throw translate(what, e);
    }
  }

  private Connection open() {
    try {
      return pool.getConnection();
    } catch (SQLException e) {
      throw new ConnectionException(e);
    }
  }

  /** Does the work in one transaction, which is undone when the work throws. */
  <R extends @Nullable Object> R inTransaction(String what, Function<Handle, R> work) {
    return withHandle(what, handle -> handle.inTransaction(work::apply));
  }

  private static RuntimeException translate(String what, Exception e) {
    if (SqlFailures.isUnavailable(e)) {
      return new CatalogUnavailableException("Cannot " + what + ": the catalog is unavailable", e);
    }
    return new IllegalStateException("Cannot " + what, e);
  }
}

package io.duckmesh.bus.postgres;

import java.sql.SQLException;
import java.util.UUID;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;

/** Runs work on a pooled connection and translates its failures. */
final class Database {
  private final Jdbi jdbi;

  Database(DataSource pool) {
    this.jdbi =
        Jdbi.create(pool)
            .installPlugin(new SqlObjectPlugin())
            .registerArrayType(long.class, "bigint")
            .registerArrayType(int.class, "int")
            .registerArrayType(String.class, "text")
            .registerArrayType(UUID.class, "uuid")
            .registerRowMapper(ConstructorMapper.factory(Claims.SegmentTotals.class))
            .registerRowMapper(ConstructorMapper.factory(Claims.Beyond.class));
  }

  /** Statements that each commit by themselves. */
  <T> T query(String failureMessage, HandleCallback<T, SQLException> work) {
    try {
      return jdbi.withHandle(work);
    } catch (JdbiException | SQLException e) {
      throw SqlFailures.translate(failureMessage, e);
    }
  }

  <T> T inTransaction(String failureMessage, HandleCallback<T, SQLException> work) {
    try {
      return jdbi.inTransaction(work);
    } catch (JdbiException | SQLException e) {
      throw SqlFailures.translate(failureMessage, e);
    }
  }

  void useTransaction(String failureMessage, Consumer<Handle> work) {
    inTransaction(
        failureMessage,
        handle -> {
          work.accept(handle);
          return true;
        });
  }
}

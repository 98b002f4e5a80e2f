package io.duckmesh.catalog.postgres;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** Connections that get lost once, when they are told to. */
final class FailingDataSource implements DataSource {
  /** When a connection is lost. */
  enum Failure {
    ON_CONNECT,
    BEFORE_EXECUTION,
    AFTER_EXECUTION
  }

  private final DataSource delegate;
  private final AtomicReference<Failure> next = new AtomicReference<>();

  FailingDataSource(DataSource delegate) {
    this.delegate = delegate;
  }

  /** Loses the next connection so. */
  void failNext(Failure failure) {
    next.set(failure);
  }

  @Override
  public Connection getConnection() throws SQLException {
    failIf(Failure.ON_CONNECT);
    return wrap(Connection.class, delegate.getConnection());
  }

  private <T> T wrap(Class<T> type, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              boolean executes = method.getName().startsWith("execute");
              if (executes) {
                failIf(Failure.BEFORE_EXECUTION);
              }
              Object result;
              try {
                result = method.invoke(target, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              if (executes) {
                failIf(Failure.AFTER_EXECUTION);
              }
              return result instanceof PreparedStatement statement
                  ? wrap(PreparedStatement.class, statement)
                  : result;
            }));
  }

  private void failIf(Failure failure) throws SQLException {
    if (next.compareAndSet(failure, null)) {
      throw new SQLException("An I/O error occurred while talking to the server", "08006");
    }
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    return getConnection();
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    return delegate.getLogWriter();
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    delegate.setLogWriter(out);
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    delegate.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return delegate.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getGlobal();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return delegate.unwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return delegate.isWrapperFor(type);
  }
}

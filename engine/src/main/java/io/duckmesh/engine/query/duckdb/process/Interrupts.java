package io.duckmesh.engine.query.duckdb.process;

import static java.util.Objects.requireNonNull;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.ReentrantLock;
import org.duckdb.DuckDBConnection;

/**
 * DuckDB's own interrupt, which the driver offers only through {@code Statement.cancel()}; that
 * does nothing while a streamed answer is fetched.
 */
final class Interrupts {
  private static final VarHandle LOCK;
  private static final MethodHandle INTERRUPT;

  static {
    try {
      MethodHandles.Lookup lookup =
          MethodHandles.privateLookupIn(DuckDBConnection.class, MethodHandles.lookup());
      LOCK = lookup.findVarHandle(DuckDBConnection.class, "connRefLock", ReentrantLock.class);
      INTERRUPT =
          lookup.findVirtual(
              DuckDBConnection.class, "interrupt", MethodType.methodType(void.class));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("This DuckDB driver has another way to interrupt", e);
    }
  }

  private Interrupts() {}

  /**
   * Interrupts, but not while a statement is planned: the driver locks the connection for it, and
   * who waits for that could interrupt no other connection.
   */
  static void interrupt(DuckDBConnection connection) {
    ReentrantLock lock = requireNonNull((ReentrantLock) LOCK.get(connection));
    if (!lock.tryLock()) {
      return;
    }
    try {
      INTERRUPT.invokeExact(connection);
    } catch (Throwable e) {
      throw new IllegalStateException("Cannot interrupt a DuckDB query", e);
    } finally {
      lock.unlock();
    }
  }
}

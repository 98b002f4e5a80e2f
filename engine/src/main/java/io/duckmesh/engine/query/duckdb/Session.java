package io.duckmesh.engine.query.duckdb;

import static java.util.Objects.requireNonNull;

import io.duckmesh.engine.query.ListedTable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * A warm connection of a tenant's instance and the views it has. Used by one query at a time; only
 * {@link #interrupt()} may come from another thread.
 */
final class Session implements AutoCloseable {
  /** Views kept for later queries; a view costs memory for its list of files. */
  private static final int MAX_VIEWS = 128;

  private final DuckDBConnection connection;
  private final Path filesRoot;

  /** By view name, the least recently used first. */
  private final Map<String, View> views = new LinkedHashMap<>(16, 0.75f, true);

  private int lastNumber;

  /**
   * @param needed see {@link Binding}
   * @param uniform see {@link Binding#isUniform}
   */
  private record View(
      int number, String stateId, @Nullable BitSet needed, boolean empty, boolean uniform) {
    boolean isOf(Binding binding) {
      return stateId.equals(binding.table().stateId());
    }
  }

  Session(DuckDBConnection connection, Path filesRoot) {
    this.connection = connection;
    this.filesRoot = filesRoot;
  }

  /**
   * Lets the reference's view read the table's files. A view that an earlier query left for the
   * same state is used again, which saves its creation; only the list of files may have to change.
   */
  void bind(Binding binding) throws SQLException {
    String name = binding.viewName();
    View view = views.get(name);
    boolean sameState = view != null && view.isOf(binding);
    if (view != null && sameState && Objects.equals(view.needed(), binding.needed())) {
      return;
    }
    views.remove(name);
    int number = view == null ? ++lastNumber : view.number();
    boolean empty = binding.files().isEmpty();
    List<Path> paths = binding.paths(filesRoot);
    boolean uniform = binding.isUniform();
    if (view != null && sameState && !view.empty() && !empty && view.uniform() == uniform) {
      execute(DuckDbSql.setFiles(number, paths));
    } else {
      for (String statement :
          DuckDbSql.createView(name, number, binding.table().schema(), uniform, paths)) {
        execute(statement);
      }
    }
    views.put(name, new View(number, binding.table().stateId(), binding.needed(), empty, uniform));
  }

  /** Lets a view show these tables, until the next statement that reads it. */
  void bind(CatalogView view, List<ListedTable> tables) throws SQLException {
    execute(DuckDbSql.createView(view, tables));
  }

  /** Forgets the least recently used views beyond the limit, but none of the given names. */
  void evictViews(Set<String> used) throws SQLException {
    Iterator<Map.Entry<String, View>> oldest = views.entrySet().iterator();
    while (views.size() > MAX_VIEWS && oldest.hasNext()) {
      Map.Entry<String, View> entry = oldest.next();
      if (!used.contains(entry.getKey())) {
        oldest.remove();
        for (String statement : DuckDbSql.dropView(entry.getKey(), entry.getValue().number())) {
          execute(statement);
        }
      }
    }
  }

  PreparedStatement prepare(String sql) throws SQLException {
    return connection.prepareStatement(sql);
  }

  Statement statement() throws SQLException {
    return connection.createStatement();
  }

  /**
   * Whether answers come as they are computed. Without, an answer is computed as a whole first, and
   * an error in its beginning keeps its message, which streaming loses.
   */
  void stream(boolean streaming) throws SQLException {
    execute("SET jdbc_stream_results = " + streaming);
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  void interrupt() {
    Interrupts.interrupt(connection);
  }

  @Override
  public void close() {
    DuckDbFailures.closeQuietly(connection);
  }

  /**
   * DuckDB's own interrupt, which the driver offers only through {@code Statement.cancel()}; that
   * does nothing while a streamed answer is fetched.
   */
  private static final class Interrupts {
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

    static void interrupt(DuckDBConnection connection) {
      ReentrantLock lock = requireNonNull((ReentrantLock) LOCK.get(connection));
      lock.lock();
      try {
        INTERRUPT.invokeExact(connection);
      } catch (Throwable e) {
        throw new IllegalStateException("Cannot interrupt a DuckDB query", e);
      } finally {
        lock.unlock();
      }
    }
  }
}

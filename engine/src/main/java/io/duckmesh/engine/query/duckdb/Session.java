package io.duckmesh.engine.query.duckdb;

import io.duckmesh.engine.query.ListedTable;
import io.duckmesh.engine.query.duckdb.process.FailedStatementException;
import io.duckmesh.engine.query.duckdb.process.ProcessAnswer;
import io.duckmesh.engine.query.duckdb.process.ProcessSession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * A warm session of a tenant's instance and the views it has. Used by one query at a time; only
 * {@link #interrupt()} may come from another thread.
 */
final class Session implements AutoCloseable {
  /** Views kept for later queries; a view costs memory for its list of files. */
  private static final int MAX_VIEWS = 128;

  private final ProcessSession connection;
  private final Path filesRoot;

  /** What the views of the next statement need. */
  private final List<Step> steps = new ArrayList<>();

  /**
   * A statement that has to run before.
   *
   * @param table whose view it makes; null if none's
   */
  record Step(String sql, @Nullable String table) {}

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

  Session(ProcessSession connection, Path filesRoot) {
    this.connection = connection;
    this.filesRoot = filesRoot;
  }

  /**
   * Lets the reference's view read the table's files. A view that an earlier query left for the
   * same state is used again, which saves its creation; only the list of files may have to change.
   */
  void bind(Binding binding) {
    String table = binding.table().reference().name();
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
      steps.add(new Step(DuckDbSql.setFiles(number, paths), table));
    } else {
      for (String statement :
          DuckDbSql.createView(name, number, binding.table().schema(), uniform, paths)) {
        steps.add(new Step(statement, table));
      }
    }
    views.put(name, new View(number, binding.table().stateId(), binding.needed(), empty, uniform));
  }

  /** Lets a view show these tables, until the next statement that reads it. */
  void bind(CatalogView view, List<ListedTable> tables) {
    steps.add(new Step(DuckDbSql.createView(view, tables), null));
  }

  /** Forgets the least recently used views beyond the limit, but none of the given names. */
  void evictViews(Set<String> used) {
    Iterator<Map.Entry<String, View>> oldest = views.entrySet().iterator();
    while (views.size() > MAX_VIEWS && oldest.hasNext()) {
      Map.Entry<String, View> entry = oldest.next();
      if (!used.contains(entry.getKey())) {
        oldest.remove();
        for (String statement : DuckDbSql.dropView(entry.getKey(), entry.getValue().number())) {
          steps.add(new Step(statement, null));
        }
      }
    }
  }

  /** Begins the time in which {@link #interrupt()} means the next statement. */
  void nextQuery() {
    connection.nextQuery();
  }

  /**
   * Runs a statement after those that its views need; its first rows are computed when this
   * returns. If one of those fails, the session is of no use any more.
   *
   * @param steps what {@link #steps()} gave
   * @param allocator nobody else's, closed with the answer or when this fails
   */
  ProcessAnswer query(
      List<Step> steps,
      String sql,
      List<? extends @Nullable Object> values,
      BufferAllocator allocator)
      throws FailedStatementException, IOException {
    return connection.query(steps.stream().map(Step::sql).toList(), sql, values, allocator);
  }

  /** Takes what has to run before the next statement. */
  List<Step> steps() {
    List<Step> taken = List.copyOf(steps);
    steps.clear();
    return taken;
  }

  /** How much of the statement is done, from 0 to 1; NaN if it can not be told. */
  double progress() {
    return connection.progress();
  }

  void interrupt() {
    connection.interrupt();
  }

  /** Ends a wait for the other process. What still runs there is interrupted until it ends. */
  @Override
  public void close() {
    connection.close();
  }
}

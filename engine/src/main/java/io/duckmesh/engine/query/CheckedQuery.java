package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Set;

/**
 * A statement that the guard let pass: one SELECT, with allowed functions only.
 *
 * @param sql the statement as it was sent
 * @param tables tables that it names, which have to be bound before it runs
 * @param tree the parser's own syntax tree as JSON text, from which the statement to run is made
 * @param listsTables whether it reads the list of tables, which {@link #listing} gives it
 * @param listed all tables of the snapshot, if it does
 * @param repeatable whether the same tables give the same answer at any time: it asks for no clock,
 *     no chance and no list of tables
 * @param ordered whether the order of rows and the values are the same however many threads compute
 *     it: it only reads, filters and sorts
 */
public record CheckedQuery(
    String sql,
    Set<TableReference> tables,
    String tree,
    boolean listsTables,
    List<ListedTable> listed,
    boolean repeatable,
    boolean ordered) {
  public CheckedQuery {
    requireNonNull(sql, "sql is null");
    requireNonNull(tree, "tree is null");
    tables = Set.copyOf(tables);
    listed = List.copyOf(listed);
  }

  /** A statement that does not read the list of tables. */
  public CheckedQuery(
      String sql, Set<TableReference> tables, String tree, boolean repeatable, boolean ordered) {
    this(sql, tables, tree, false, List.of(), repeatable, ordered);
  }

  /**
   * The same statement, which is to see these tables in {@code information_schema} and {@code SHOW
   * TABLES}.
   */
  public CheckedQuery listing(List<ListedTable> tables) {
    return new CheckedQuery(sql, this.tables, tree, listsTables, tables, repeatable, ordered);
  }
}

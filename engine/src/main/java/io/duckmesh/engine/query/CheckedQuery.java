package io.duckmesh.engine.query;

import static java.util.Objects.requireNonNull;

import java.util.Set;

/**
 * A statement that the guard let pass: one SELECT, with allowed functions only.
 *
 * @param sql the statement as it was sent
 * @param tables tables that it names, which have to be bound before it runs
 * @param tree the parser's own syntax tree as JSON text, from which the statement to run is made
 * @param repeatable whether the same tables give the same answer at any time: it asks for no clock
 *     and no chance
 * @param ordered whether the order of rows and the values are the same however many threads compute
 *     it: it only reads, filters and sorts
 */
public record CheckedQuery(
    String sql, Set<TableReference> tables, String tree, boolean repeatable, boolean ordered) {
  public CheckedQuery {
    requireNonNull(sql, "sql is null");
    requireNonNull(tree, "tree is null");
    tables = Set.copyOf(tables);
  }
}

package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/**
 * A live table's rows, counted twice.
 *
 * @param visible events that became visible, by the counts of the commits
 * @param fileRows rows in the files that the newest snapshot has of the table
 */
public record FileRows(TableId table, String name, long visible, long fileRows) {
  public FileRows {
    requireNonNull(table, "table is null");
    requireNonNull(name, "name is null");
  }
}

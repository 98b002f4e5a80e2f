package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/**
 * A live table's rows, counted twice.
 *
 * @param visible events that became visible, by the counts of the commits
 * @param changed rows that restoring and row retention have given back, less those that they took
 * @param fileRows rows in the files that the newest snapshot has of the table
 */
public record FileRows(TableId table, String name, long visible, long changed, long fileRows) {
  public FileRows {
    requireNonNull(table, "table is null");
    requireNonNull(name, "name is null");
  }

  /** Rows that the files should have. */
  public long expected() {
    return visible + changed;
  }
}

package io.duckmesh.workflows.compact;

import static java.util.Objects.requireNonNull;

/**
 * A table that has files to merge.
 *
 * @param files files that it has, or 0 if they were not counted
 */
public record DueTable(String tableId, String name, long files) {
  public DueTable {
    requireNonNull(tableId, "tableId is null");
    requireNonNull(name, "name is null");
  }
}

package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.TableId;

/**
 * Files of a live table.
 *
 * @param files that the newest snapshot has
 * @param smallFiles of them, those smaller than half the default target size and not sealed
 * @param endedFiles that only earlier snapshots have, not yet garbage
 * @param rewrites how often a row was rewritten, at most
 * @param rewrittenRows rows, each counted as often as it was rewritten, at most
 */
public record TableFiles(
    TableId table,
    String name,
    long files,
    long smallFiles,
    long rows,
    long bytes,
    long endedFiles,
    int rewrites,
    long rewrittenRows) {
  public TableFiles {
    requireNonNull(table, "table is null");
    requireNonNull(name, "name is null");
  }
}

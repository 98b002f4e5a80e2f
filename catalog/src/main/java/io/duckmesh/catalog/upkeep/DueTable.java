package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;

/**
 * A table that has changed since nothing was left to merge.
 *
 * @param changedIn the snapshot that changed it last
 */
public record DueTable(TableId table, String name, SnapshotId changedIn) {
  public DueTable {
    requireNonNull(table, "table is null");
    requireNonNull(name, "name is null");
    requireNonNull(changedIn, "changedIn is null");
  }
}

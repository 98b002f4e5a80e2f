package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * The newest snapshot, and which of the tables asked for it has.
 *
 * @param changedIn by table name as it was asked for, the last snapshot that changed the table;
 *     without names that the snapshot has no table of
 */
public record NewestTables(Snapshot snapshot, Map<String, SnapshotId> changedIn) {
  public NewestTables {
    requireNonNull(snapshot, "snapshot is null");
    changedIn = Map.copyOf(changedIn);
  }
}

package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A table at a snapshot: its schema then, and the files that hold its rows.
 *
 * @param changedIn the last snapshot, not after the asked one, that changed the table: two
 *     manifests of one table with the same value are equal
 */
public record TableManifest(TableInfo table, SnapshotId changedIn, List<DataFile> files) {
  public TableManifest {
    requireNonNull(table, "table is null");
    requireNonNull(changedIn, "changedIn is null");
    files = List.copyOf(files);
  }
}

package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Set;

/**
 * What became of a table between two snapshots: its manifest at the later one has the files of the
 * earlier one in their order, without the removed ones, and behind them the added ones.
 *
 * @param table the table at the later snapshot, with its schema then
 * @param changedIn as in the manifest of the later snapshot
 * @param removed object keys of files that the earlier manifest has and the later one has not
 */
public record ManifestChange(
    TableInfo table, SnapshotId changedIn, List<DataFile> added, Set<String> removed) {
  public ManifestChange {
    requireNonNull(table, "table is null");
    requireNonNull(changedIn, "changedIn is null");
    added = List.copyOf(added);
    removed = Set.copyOf(removed);
  }
}

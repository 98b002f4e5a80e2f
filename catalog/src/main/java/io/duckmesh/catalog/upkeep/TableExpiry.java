package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;

/** The table's first snapshot that can be read, before and after. */
public record TableExpiry(TableId table, String name, SnapshotId before, SnapshotId historyFrom) {
  public TableExpiry {
    requireNonNull(table, "table is null");
    requireNonNull(name, "name is null");
    requireNonNull(before, "before is null");
    requireNonNull(historyFrom, "historyFrom is null");
  }
}

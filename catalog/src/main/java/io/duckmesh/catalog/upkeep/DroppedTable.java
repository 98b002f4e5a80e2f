package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;
import java.time.Instant;

/** A dropped table that can still be had back. */
public record DroppedTable(TableId table, String name, SnapshotId droppedIn, Instant droppedAt) {
  public DroppedTable {
    requireNonNull(table, "table is null");
    requireNonNull(name, "name is null");
    requireNonNull(droppedIn, "droppedIn is null");
    requireNonNull(droppedAt, "droppedAt is null");
  }
}

package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.SnapshotId;
import io.duckmesh.catalog.TableId;

/**
 * What a restore does.
 *
 * @param to the snapshot whose rows the table gets
 * @param rowsBefore rows of the table now
 * @param rowsAfter rows that it gets
 * @param filesEnded files that it has no more
 * @param filesBegun files that it has again
 */
public record RestorePlan(
    TableId table,
    String name,
    SnapshotId to,
    long rowsBefore,
    long rowsAfter,
    long filesEnded,
    long filesBegun) {
  public RestorePlan {
    requireNonNull(table, "table is null");
    requireNonNull(name, "name is null");
    requireNonNull(to, "to is null");
  }
}

package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.Snapshot;

/** A published rewrite: the snapshot that has it, and what went in and came out. */
public record RewriteCommit(
    RewriteId id, Snapshot snapshot, int filesIn, long rowsIn, int filesOut, long rowsOut) {
  public RewriteCommit {
    requireNonNull(id, "id is null");
    requireNonNull(snapshot, "snapshot is null");
  }
}

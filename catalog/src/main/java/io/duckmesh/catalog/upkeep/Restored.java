package io.duckmesh.catalog.upkeep;

import static java.util.Objects.requireNonNull;

import io.duckmesh.catalog.Snapshot;

/** What a restore did, and the snapshot that it made. */
public record Restored(Snapshot snapshot, RestorePlan plan) {
  public Restored {
    requireNonNull(snapshot, "snapshot is null");
    requireNonNull(plan, "plan is null");
  }
}

package io.duckmesh.catalog;

import static java.util.Objects.requireNonNull;

/** A committed write: the snapshot that has it, and the counts over its tables. */
public record Commit(
    WriteId write,
    Snapshot snapshot,
    long watermark,
    long visible,
    long duplicates,
    long quarantined) {
  public Commit {
    requireNonNull(write, "write is null");
    requireNonNull(snapshot, "snapshot is null");
  }
}

package io.duckmesh.workflows.materialize;

/** Sums over the batches that were committed; conflicts are batches that were not. */
public record MaterializeTotals(
    long batches, long visible, long duplicates, long quarantined, long conflicts) {
  public static final MaterializeTotals NONE = new MaterializeTotals(0, 0, 0, 0, 0);

  MaterializeTotals plus(CommitResult commit) {
    return new MaterializeTotals(
        batches + 1,
        visible + commit.visible(),
        duplicates + commit.duplicates(),
        quarantined + commit.quarantined(),
        conflicts);
  }

  MaterializeTotals plusConflict() {
    return new MaterializeTotals(batches, visible, duplicates, quarantined, conflicts + 1);
  }
}

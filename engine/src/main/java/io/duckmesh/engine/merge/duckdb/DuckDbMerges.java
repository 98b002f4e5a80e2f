package io.duckmesh.engine.merge.duckdb;

import io.duckmesh.engine.merge.FileMerger;
import io.duckmesh.engine.merge.MergeOptions;
import io.duckmesh.engine.objects.ObjectStore;

/** Makes the merger that runs DuckDB, in a process of its own for each merge that runs. */
public final class DuckDbMerges {
  private DuckDbMerges() {}

  /**
   * Makes a merger; processes start when the first merge comes. The caller closes it, and
   * afterwards the store, which stays the caller's.
   *
   * @param store where sources are read from, through {@link ObjectStore#open} alone, by a few
   *     threads at a time
   */
  public static FileMerger create(ObjectStore store, MergeOptions options) {
    return DuckDbFileMerger.open(store, options);
  }
}

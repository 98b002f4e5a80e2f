package io.duckmesh.engine.merge;

/** Hears how far a merge is. */
@FunctionalInterface
public interface MergeProgress {
  /** Hears nothing. */
  MergeProgress NONE = rows -> {};

  /**
   * Called when merging begins, and at least every two seconds as long as the output does not
   * block. May throw an unchecked exception to end the merge.
   *
   * @param rows rows that have been merged, about; never less than before, and 0 while files are
   *     fetched
   */
  void report(long rows);
}

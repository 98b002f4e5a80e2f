package io.duckmesh.catalog.upkeep;

/**
 * What a run has done so far, or would do.
 *
 * @param steps rewrites published, snapshots expired, or objects marked
 * @param conflicts rewrites that others were faster than
 * @param filesIn files that were rewritten, ended or deleted
 * @param filesOut files that took their place
 * @param rows rows that were rewritten or removed
 * @param bytesIn bytes of the files that went
 * @param bytesOut bytes of those that came
 * @param failures what could not be done
 */
public record RunCounts(
    long steps,
    long conflicts,
    long filesIn,
    long filesOut,
    long rows,
    long bytesIn,
    long bytesOut,
    long failures) {
  public static final RunCounts NONE = new RunCounts(0, 0, 0, 0, 0, 0, 0, 0);
}

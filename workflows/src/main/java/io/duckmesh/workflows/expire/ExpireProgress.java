package io.duckmesh.workflows.expire;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a run has done so far; of a dry run, what it would do.
 *
 * @param step the step that is next: {@code snapshots}, {@code rows} or {@code forget}
 * @param snapshots snapshots that can not be read any more
 * @param historyFrom the tenant's first snapshot that can be read, beside pinned ones
 * @param pins pins that had lapsed and were removed
 * @param groups groups of files whose old rows are gone
 * @param conflicts groups that others were faster than
 * @param failures groups and steps that failed for good
 * @param filesIn files that had old rows
 * @param filesOut files that took their place
 * @param rows rows that are gone
 * @param bytesIn bytes of the files that had old rows
 * @param bytesOut bytes of the files that took their place
 * @param forgotten entries of expired snapshots that the catalog has forgotten
 * @param failure why something failed, null if nothing did
 */
public record ExpireProgress(
    String step,
    long snapshots,
    long historyFrom,
    int pins,
    long groups,
    long conflicts,
    long failures,
    long filesIn,
    long filesOut,
    long rows,
    long bytesIn,
    long bytesOut,
    long forgotten,
    @Nullable String failure) {
  public ExpireProgress {
    requireNonNull(step, "step is null");
  }

  public static final ExpireProgress NONE =
      new ExpireProgress("snapshots", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null);
}

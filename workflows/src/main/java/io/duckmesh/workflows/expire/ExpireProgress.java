package io.duckmesh.workflows.expire;

import static java.util.Objects.requireNonNull;

import io.duckmesh.workflows.compact.PlannedGroup;
import io.duckmesh.workflows.compact.PublishResult;
import io.duckmesh.workflows.compact.RewriteResult;
import java.util.List;
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

  static final String SNAPSHOTS = "snapshots";
  static final String ROWS = "rows";
  static final String FORGET = "forget";

  public static final ExpireProgress NONE =
      new ExpireProgress(SNAPSHOTS, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null);

  ExpireProgress plus(ExpireStep expired) {
    return new ExpireProgress(
        step,
        snapshots + expired.snapshots(),
        expired.historyFrom(),
        pins + expired.pins(),
        groups,
        conflicts,
        failures,
        filesIn,
        filesOut,
        rows,
        bytesIn,
        bytesOut,
        forgotten,
        failure);
  }

  ExpireProgress plus(PlannedGroup group, RewriteResult rewritten, PublishResult published) {
    return new ExpireProgress(
        step,
        snapshots,
        historyFrom,
        pins,
        groups + 1,
        conflicts,
        failures,
        filesIn + published.filesIn(),
        filesOut + published.filesOut(),
        rows + published.rowsIn() - published.rowsOut(),
        bytesIn + group.bytes(),
        bytesOut + rewritten.bytesOut(),
        forgotten,
        failure);
  }

  ExpireProgress plusConflict() {
    return new ExpireProgress(
        step,
        snapshots,
        historyFrom,
        pins,
        groups,
        conflicts + 1,
        failures,
        filesIn,
        filesOut,
        rows,
        bytesIn,
        bytesOut,
        forgotten,
        failure);
  }

  ExpireProgress plusFailure(String reason) {
    return new ExpireProgress(
        step,
        snapshots,
        historyFrom,
        pins,
        groups,
        conflicts,
        failures + 1,
        filesIn,
        filesOut,
        rows,
        bytesIn,
        bytesOut,
        forgotten,
        reason);
  }

  ExpireProgress plusForgotten(long entries) {
    return new ExpireProgress(
        step,
        snapshots,
        historyFrom,
        pins,
        groups,
        conflicts,
        failures,
        filesIn,
        filesOut,
        rows,
        bytesIn,
        bytesOut,
        forgotten + entries,
        failure);
  }

  /** What carrying out the plan would touch; how many rows would go is known when they are read. */
  ExpireProgress planned(List<PlannedGroup> trims) {
    return new ExpireProgress(
        step,
        snapshots,
        historyFrom,
        pins,
        groups + trims.size(),
        conflicts,
        failures,
        filesIn + trims.stream().mapToLong(PlannedGroup::files).sum(),
        filesOut,
        rows,
        bytesIn + trims.stream().mapToLong(PlannedGroup::bytes).sum(),
        bytesOut,
        forgotten,
        failure);
  }

  ExpireProgress at(String next) {
    return new ExpireProgress(
        next,
        snapshots,
        historyFrom,
        pins,
        groups,
        conflicts,
        failures,
        filesIn,
        filesOut,
        rows,
        bytesIn,
        bytesOut,
        forgotten,
        failure);
  }
}

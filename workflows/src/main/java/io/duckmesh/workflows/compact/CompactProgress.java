package io.duckmesh.workflows.compact;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run has done so far; of a dry run, what it would do.
 *
 * @param rounds plans that had something to merge
 * @param groups groups that were published
 * @param conflicts groups that others were faster than
 * @param failures groups that failed for good
 * @param filesIn files that were merged
 * @param filesOut files that took their place
 * @param rows rows that were rewritten
 * @param bytesIn bytes of the files that were merged
 * @param bytesOut bytes of the files that took their place
 * @param failure why a group failed, null if none did
 */
public record CompactProgress(
    int rounds,
    long groups,
    long conflicts,
    long failures,
    long filesIn,
    long filesOut,
    long rows,
    long bytesIn,
    long bytesOut,
    @Nullable String failure) {
  public static final CompactProgress NONE = new CompactProgress(0, 0, 0, 0, 0, 0, 0, 0, 0, null);

  CompactProgress plusRound() {
    return new CompactProgress(
        rounds + 1,
        groups,
        conflicts,
        failures,
        filesIn,
        filesOut,
        rows,
        bytesIn,
        bytesOut,
        failure);
  }

  CompactProgress plus(PlannedGroup group, RewriteResult rewritten, PublishResult published) {
    return new CompactProgress(
        rounds,
        groups + 1,
        conflicts,
        failures,
        filesIn + published.filesIn(),
        filesOut + published.filesOut(),
        rows + published.rowsIn(),
        bytesIn + group.bytes(),
        bytesOut + rewritten.bytesOut(),
        failure);
  }

  CompactProgress plusConflict() {
    return new CompactProgress(
        rounds,
        groups,
        conflicts + 1,
        failures,
        filesIn,
        filesOut,
        rows,
        bytesIn,
        bytesOut,
        failure);
  }

  CompactProgress plusFailure(String reason) {
    return new CompactProgress(
        rounds,
        groups,
        conflicts,
        failures + 1,
        filesIn,
        filesOut,
        rows,
        bytesIn,
        bytesOut,
        reason);
  }

  /** What carrying out the plan would do; how big the new files would be is not known. */
  CompactProgress planned(CompactPlan plan) {
    List<PlannedGroup> all = plan.groups() == null ? List.of() : plan.groups();
    return new CompactProgress(
        all.isEmpty() ? 0 : 1,
        all.size(),
        0,
        0,
        all.stream().mapToLong(PlannedGroup::files).sum(),
        all.size(),
        all.stream().mapToLong(PlannedGroup::rows).sum(),
        all.stream().mapToLong(PlannedGroup::bytes).sum(),
        0,
        null);
  }
}

package io.duckmesh.workflows.expire;

import io.duckmesh.workflows.Outcomes;
import io.duckmesh.workflows.Words;
import org.jspecify.annotations.Nullable;

/** What people read of a run in the Temporal UI, as markdown. */
final class ExpireDetails {
  private ExpireDetails() {}

  static String current(ExpireInput input, ExpireProgress progress, @Nullable String groups) {
    boolean dryRun = Boolean.TRUE.equals(input.dryRun());
    String what =
        switch (progress.step()) {
          case ExpireProgress.SNAPSHOTS ->
              dryRun
                  ? "Counts snapshots that would expire."
                  : "Lets snapshots expire that the policies do not keep and no pin protects.";
          case ExpireProgress.ROWS ->
              dryRun
                  ? "Looks for files with rows that are older than their table keeps."
                  : "Drops rows that are older than their table keeps.";
          default -> "Forgets what the catalog kept of expired snapshots.";
        };
    return Words.text(
        "Tenant **%s**: %s\n\n%s%s",
        input.tenant(), what, groups == null ? "" : groups + "\n", soFar(progress));
  }

  static String ended(ExpireInput input, ExpireResult result, @Nullable String groups) {
    return Words.text(
        "**%s**%s\n\n%s%s\n\nRun `%s`, %,d ms.",
        switch (result.outcome()) {
          case Outcomes.SUCCEEDED ->
              Boolean.TRUE.equals(input.dryRun())
                  ? "This is what would expire of tenant %s; nothing was changed."
                      .formatted(input.tenant())
                  : "Done with tenant %s.".formatted(input.tenant());
          case Outcomes.ABANDONED -> "Abandoned: another run began meanwhile.";
          default -> "Failed: not everything was done for tenant %s.".formatted(input.tenant());
        },
        result.reason() == null ? "" : " " + result.reason(),
        groups == null ? "" : groups + "\n",
        soFar(result.progress()),
        result.runId(),
        result.millis());
  }

  private static String soFar(ExpireProgress progress) {
    return Words.text(
        """
        | | |
        |---|---|
        | Snapshots that expired | %,d |
        | First snapshot that can be read | %d |
        | Pins that lapsed | %,d |
        | Files with old rows | %,d became %,d |
        | Rows dropped | %,d |
        | Entries forgotten | %,d |
        | Conflicts | %,d |
        | Failures | %,d |
        %s""",
        progress.snapshots(),
        progress.historyFrom(),
        progress.pins(),
        progress.filesIn(),
        progress.filesOut(),
        progress.rows(),
        progress.forgotten(),
        progress.conflicts(),
        progress.failures(),
        progress.failure() == null ? "" : "\nLast failure: " + progress.failure() + "\n");
  }
}

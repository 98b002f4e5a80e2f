package io.duckmesh.workflows.compact;

import io.duckmesh.workflows.Outcomes;
import io.duckmesh.workflows.Words;
import java.util.List;

/** What people read of a run in the Temporal UI, as markdown. */
final class CompactDetails {
  private CompactDetails() {}

  static String planning(CompactInput input, CompactProgress progress) {
    return Words.text(
        "Looks for files of table **%s** (tenant %s) to merge, and waits for more.\n\n%s",
        input.tableName(), input.tenant(), soFar(progress));
  }

  static String rewriting(
      CompactInput input, CompactPlan plan, GroupRuns groups, CompactProgress progress) {
    return Words.text(
        """
        Merges files of table **%s** (tenant %s), which has %s. Each group becomes one file, in a snapshot of its own.

        %s
        %s""",
        input.tableName(),
        input.tenant(),
        Words.count(plan.liveFiles(), "file"),
        groups.describe(),
        soFar(progress));
  }

  static String ended(CompactInput input, CompactResult result) {
    return Words.text(
        "**%s**%s\n\n%s\n\n%s",
        switch (result.outcome()) {
          case Outcomes.SUCCEEDED ->
              "Done with table %s of tenant %s.".formatted(input.tableName(), input.tenant());
          case Outcomes.ABANDONED -> "Abandoned: another run began meanwhile.";
          default ->
              "Failed: not everything of table %s of tenant %s was merged."
                  .formatted(input.tableName(), input.tenant());
        },
        result.reason() == null ? "" : " " + result.reason(),
        soFar(result.progress()),
        Words.text("Run `%s`, %,d ms.", result.runId(), result.millis()));
  }

  static String planned(CompactInput input, CompactPlan plan) {
    List<PlannedGroup> groups = plan.groups() == null ? List.of() : plan.groups();
    if (groups.isEmpty()) {
      return Words.text(
          "**Nothing would be merged of table %s of tenant %s**, which has %s. %s",
          input.tableName(),
          input.tenant(),
          Words.count(plan.liveFiles(), "file"),
          plan.nothingBecause() == null ? "" : plan.nothingBecause());
    }
    return Words.text(
        """
        **%s would be merged of table %s of tenant %s**, which has %s. Each becomes one file.

        %s""",
        Words.count(groups.size(), "group"),
        input.tableName(),
        input.tenant(),
        Words.count(plan.liveFiles(), "file"),
        GroupRuns.describe(groups));
  }

  private static String soFar(CompactProgress progress) {
    return Words.text(
        """
        | So far | |
        |---|---|
        | Groups published | %,d |
        | Files | %,d became %,d |
        | Rows | %,d |
        | Size | %s became %s |
        | Conflicts | %,d |
        | Failures | %,d |
        %s""",
        progress.groups(),
        progress.filesIn(),
        progress.filesOut(),
        progress.rows(),
        Words.bytes(progress.bytesIn()),
        Words.bytes(progress.bytesOut()),
        progress.conflicts(),
        progress.failures(),
        progress.failure() == null ? "" : "\nLast failure: " + progress.failure() + "\n");
  }
}

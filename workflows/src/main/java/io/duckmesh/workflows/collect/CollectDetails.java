package io.duckmesh.workflows.collect;

import io.duckmesh.workflows.Outcomes;
import io.duckmesh.workflows.Words;

/** What people read of a run in the Temporal UI, as markdown. */
final class CollectDetails {
  private CollectDetails() {}

  static String current(boolean dryRun, CollectProgress progress) {
    String what;
    if (progress.sweeping()) {
      what =
          dryRun
              ? "Counts objects that could be deleted now."
              : "Deletes objects whose grace time is over and that no query reads.";
    } else if (progress.tenant() == null) {
      what = "Begins.";
    } else {
      what =
          Words.text(
              dryRun
                  ? "Counts objects of tenant **%s** that nothing refers to."
                  : "Marks objects of tenant **%s** that nothing refers to.",
              progress.tenant());
    }
    return what + "\n\n" + soFar(dryRun, progress);
  }

  static String ended(boolean dryRun, CollectResult result) {
    return Words.text(
        "**%s**%s\n\n%s\n\nRun `%s`, %,d ms.",
        switch (result.outcome()) {
          case Outcomes.SUCCEEDED ->
              dryRun ? "This is what could be collected; nothing was changed." : "Done.";
          case Outcomes.ABANDONED -> "Abandoned: another run began meanwhile.";
          default -> "Failed: not everything was done; later runs try again.";
        },
        result.reason() == null ? "" : " " + result.reason(),
        soFar(dryRun, result.progress()),
        result.runId(),
        result.millis());
  }

  private static String soFar(boolean dryRun, CollectProgress progress) {
    return Words.text(
        """
        | | |
        |---|---|
        | Tenants | %,d |
        | %s | %s, %s |
        | %s | %s, %s |
        | Failures | %,d |
        %s""",
        progress.tenants(),
        dryRun ? "Would be marked" : "Marked",
        Words.count(progress.marked(), "object"),
        Words.bytes(progress.markedBytes()),
        dryRun ? "Would be deleted" : "Deleted",
        Words.count(progress.deleted(), "object"),
        Words.bytes(progress.deletedBytes()),
        progress.failures(),
        progress.failure() == null ? "" : "\nLast failure: " + progress.failure() + "\n");
  }
}

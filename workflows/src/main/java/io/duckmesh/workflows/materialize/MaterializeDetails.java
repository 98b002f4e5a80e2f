package io.duckmesh.workflows.materialize;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What people read of a run in the Temporal UI, as markdown. */
final class MaterializeDetails {
  static final String NO_BATCH = "No batch yet in this run.\n";

  private MaterializeDetails() {}

  static String current(String shard, boolean paused, String lastBatch, MaterializeTotals totals) {
    return text(
        """
        %s

        %s
        This run: %,d batches, %,d rows visible, %,d duplicates, %,d quarantined, %,d conflicts
        """,
        paused
            ? "**Paused.** The signal `resume` lets it go on."
            : "Lands events of shard **" + shard + "**.",
        lastBatch,
        totals.batches(),
        totals.visible(),
        totals.duplicates(),
        totals.quarantined(),
        totals.conflicts());
  }

  static String landed(
      ClaimedBatch batch,
      long waitedMillis,
      WriteResult written,
      CommitResult commit,
      Instant landedAt) {
    return text(
        """
        | Last batch | |
        |---|---|
        | Positions | %s |
        | Tables | %s |
        | Rows | %,d visible, %s, %,d quarantined |
        | Snapshot | %d |
        | Time | waited %,d ms, wrote %s in %,d ms, committed in %,d ms |
        | Landed at | %s |
        """,
        positions(batch),
        written.tables() == null ? "" : String.join(", ", written.tables()),
        commit.visible(),
        count(commit.duplicates(), "duplicate"),
        commit.quarantined(),
        commit.snapshotId(),
        waitedMillis,
        count(written.files(), "file"),
        written.millis(),
        commit.millis(),
        landedAt);
  }

  static String notLanded(ClaimedBatch batch, @Nullable String reason) {
    return text(
        """
        Last batch: %s was not landed by this run; what is missing is claimed again. %s
        """,
        positions(batch), reason == null ? "" : reason);
  }

  static String positions(ClaimedBatch batch) {
    return text(
        "%d to %d (%s, %s)",
        batch.after() + 1,
        batch.upTo(),
        count(batch.segments(), "segment"),
        count(batch.rows(), "row"));
  }

  private static String count(long count, String noun) {
    return text(count == 1 ? "%,d %s" : "%,d %ss", count, noun);
  }

  private static String text(String format, @Nullable Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
